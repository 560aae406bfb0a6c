"""Makes the pictures of `docs/pictures`: the first screen of each report of the demo. `make pictures` calls it.

Usage: ``python docs/pictures.py [FOLDER]``; FOLDER holds the published demo (default: ``reports/demo``).
"""

import io
import os
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

REPORTS = (
    "segmentation", "churn", "nps_drivers", "clv", "scorecard", "journey", "recommend", "voice", "playbook", "loyalty",
)  # fmt: skip
SCREEN = {"width": 1280, "height": 800}
COLOURS, HEAVIEST = 64, 150_000  # bytes of a picture
PICTURES = Path(__file__).parent / "pictures"


def main(site: Path) -> None:
    """One PNG a report, of few colours, so that it is small."""
    chromium = os.environ.get("CXLIB_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for report in REPORTS:
            page = browser.new_page(viewport=SCREEN, color_scheme="light")
            page.goto((site / report / "latest" / "report.en.html").resolve().as_uri())
            drawn = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS)
            path = PICTURES / f"{report}.png"
            drawn.save(path, optimize=True)
            page.close()
            size = path.stat().st_size
            print(f"{path.relative_to(PICTURES.parents[1])}: {size:,} bytes")
            if size > HEAVIEST:
                sys.exit(f"{path.name} has {size:,} bytes, more than {HEAVIEST:,}: take fewer COLOURS")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "reports/demo"))

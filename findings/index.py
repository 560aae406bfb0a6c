"""Print the index of this folder, as `README.md` holds it and `make findings` writes it."""

import re
from pathlib import Path

HERE = Path(__file__).parent
START = """# Findings

What real libraries, tools and formats do that surprised us and was no fault of ours. Each script installs pinned
public packages in a temporary folder, runs them without this product on a small valid input, prints what it sees and
exits 1 if that has changed. `make findings` runs them all (it needs the internet). Where a surprise would reach a page,
the product is made right, and a test holds it.

"""


def first_sentence(script: str) -> str:
    """What a script says first, in one line."""
    words = " ".join(line[2:] for line in re.findall(r"^# .*", script, re.MULTILINE))
    return re.split(r"(?<=\.) (?=[A-Z`])", words)[0]


def index() -> str:
    """The whole page, a line a script."""
    scripts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*.sh"))}
    return START + "".join(f"- [{name}]({name}.sh): {first_sentence(text)}\n" for name, text in scripts.items())


if __name__ == "__main__":
    print(index(), end="")

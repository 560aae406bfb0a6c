"""How many telephone numbers are left and honest numbers hidden, by our masking and by phonenumbers.

``pip install phonenumbers==9.0.43``, then ``python benchmarks/masking.py``: the figures of docs/design.md. Where the
library is not installed, ours alone.
"""

import importlib.util
import runpy
from collections.abc import Callable
from pathlib import Path

from cxlib.masking import _plain, mask_contacts

SPELLINGS = runpy.run_path(str(Path(__file__).parents[1] / "tests" / "spellings.py"))
WAYS = (("DE", "POSSIBLE", 0), ("SA", "POSSIBLE", 0), ("US", "POSSIBLE", 0), ("SA", "VALID", 1), ("US", "VALID", 1))


def matcher(region: str, leniency: int) -> Callable[[str], str]:
    """Masking by the library's own search, for texts in our plain form."""
    import phonenumbers

    def mask(text: str) -> str:
        masked = plain = _plain(text)[0]
        for found in phonenumbers.PhoneNumberMatcher(plain, region, leniency=leniency):
            masked = masked[: found.start] + "*" * (found.end - found.start) + masked[found.end :]
        return masked

    return mask


def report(name: str, mask: Callable[[str], str]) -> None:
    """One line: telephone numbers of which a digit is left, and honest texts that were changed."""
    left = [text for text in SPELLINGS["PHONES"] if any(c.isdigit() for c in _plain(mask(text))[0])]
    hidden = [text for text in SPELLINGS["HONEST"] if _plain(mask(text))[0] != _plain(text)[0]]
    numbers, honest = len(SPELLINGS["PHONES"]), len(SPELLINGS["HONEST"])
    print(f"{name:24} left {len(left):3} of {numbers}  hidden {len(hidden):3} of {honest}")


if __name__ == "__main__":
    report("ours", mask_contacts)
    for region, word, leniency in WAYS if importlib.util.find_spec("phonenumbers") else ():
        report(f"phonenumbers {word} {region}", matcher(region, leniency))

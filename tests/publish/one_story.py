"""Whether the pages of a suite tell one story: the same thing has one name, one window and one value."""

import re
from itertools import combinations

from bs4 import BeautifulSoup

NUMBER = r"[−+-]?(?:[A-Z]{3}\s)?\d[\d,]*(?:\.\d+)?(?:%|\s(?:million|billion))?"
AMOUNT = rf"[−+-]?{NUMBER}"
WITH_INTERVAL = re.compile(rf"({AMOUNT})[^()]{{0,60}}\((?:95% interval |95%: )?({AMOUNT}) to ({AMOUNT})")
WINDOW = re.compile(
    r"\d+ days|so far|today|\bnow\b|to come|ago|before|past|last|month|whole period|since|\b\d{4}\b|interval|began"
)
FROM_TO = re.compile(rf"by ({NUMBER}) points?, from ({NUMBER}) to ({NUMBER})")
AGAINST = re.compile(rf"({NUMBER}) [^,;()]*against ({NUMBER})[^,;()]*, (?:a gap of )?({NUMBER})(?: points)?")
DIFFERENCES = [("NPS before", "NPS now", "Change of the group"), ("Expectation", "Rating", "Gap")]


def plain(text):
    """A text of a page without the marks of direction, with plain spaces."""
    return re.sub(r"\s+", " ", re.sub("[\u2066-\u2069\u200e\u200f]", "", text)).strip()


def value(text):
    """The number that a reader reads: 1.28 million are 1,280,000."""
    digits = re.search(r"[−+-]?\s*(?:[A-Z]{3}\s)?([\d,]+(?:\.\d+)?)", plain(text))
    if not digits:
        return None
    size = float(digits[1].replace(",", "")) * (1e6 if "million" in text else 1e9 if "billion" in text else 1)
    return -size if plain(text)[:1] in "−-" else size


class Page:
    """Sentences and tables of a page, folded parts included."""

    def __init__(self, html):
        soup = BeautifulSoup(html, "html.parser")
        for part in soup.select("script, style, svg, .appendix, .prov, .question, .n, pre"):
            part.decompose()
        self.tables = [self._table(each) for each in soup.find_all("table")]
        self.tiles = [plain(each.get_text(" ")) for each in soup.select(".tile")]
        for part in soup.select("table, .tiles, .cards, .note"):
            part.decompose()
        texts = [plain(each.get_text(" ")) for each in soup.select("h1, h2, h3, p, li, figcaption, summary")]
        self.sentences = list(dict.fromkeys(text for text in texts if text))

    @staticmethod
    def _table(table):
        heading = table.find_previous(["h3", "figcaption"])
        heads = [plain(cell.get_text(" ")) for cell in table.select("thead th")]
        rows = [[plain(cell.get_text(" ")) for cell in row.find_all(["th", "td"])] for row in table.select("tbody tr")]
        return plain(heading.get_text(" ") if heading else ""), heads, rows


def names_twice(metrics):
    """Labels and names of metrics with two meanings; metrics without a window. `metrics` by report."""
    faults, known = [], {}
    for report, each in ((report, metric) for report, all_ in metrics.items() for metric in all_):
        label = each["label"]["en"]
        if not each["note"]:
            faults.append(f"{report}: {label} has no window")
        meaning = (each["unit"], each["note"], each["value"], each["low"], each["high"])
        if known.setdefault(label, meaning) != meaning:
            faults.append(f"{report}: {label} has two values")
    return faults


def two_intervals(metrics, pages):
    """Tiles whose value stands in a sentence with another interval: tried on amounts of money and on scores."""
    faults = []
    for report, page in pages.items():
        for tile in page.tiles:
            shown = re.search(rf"({NUMBER}) .*95% interval ({NUMBER}) to ({NUMBER})", tile)
            for sentence in page.sentences if shown and re.match(r"[A-Z]{3}", shown[1]) else ():
                for found in WITH_INTERVAL.finditer(sentence):
                    if value(found[1]) == value(shown[1]) and found.group(2, 3) != shown.group(2, 3):
                        faults.append(f"{report}: {shown[1]} has {shown.group(2, 3)} and {found.group(2, 3)}")
    return faults


def two_numbers(pages):
    """Sentences of the same words with other numbers."""
    faults, known = [], {}
    for report, page in pages.items():
        for sentence in page.sentences:
            words = re.sub(r"“[^”]*”|\d[\d,.]*", "#", sentence)
            own = "for this page" in words or "set aside: CSV" in words
            if len(words.split()) > 5 and not own and known.setdefault(words, sentence) != sentence:
                faults.append(f"{report}: {known[words]!r} and {sentence!r}")
    return faults


def two_cells(pages):
    """Cells with one name of row and column and two values, where neither table says that it is of another window."""
    cells, faults = [], []
    for report, page in pages.items():
        for title, heads, rows in page.tables:
            named = [row for row in rows if not row[0][:1].isdigit()]  # a number is no name of a row
            for row in named if len({row[0] for row in rows}) == len(rows) else ():
                for head, cell in zip(heads[1:], row[1:], strict=False):
                    windows = frozenset(WINDOW.findall(f"{title} {head}"))
                    cells.append((report, row[0], head, windows, title, cell))
    for one, other in combinations(cells, 2):
        if one[1:4] == other[1:4] and one[5] != other[5] and "–" not in one[5] + other[5] and one[4] != other[4]:
            faults.append(f"{one[4]!r} and {other[4]!r}: {one[1]}, {one[2]}: {one[5]} and {other[5]}")
    return faults


def wrong_differences(pages):
    """Differences that are not those of the numbers shown beside them."""
    faults = []
    for report, page in pages.items():
        for sentence in page.sentences:
            triples = [(now, before, gap) for gap, before, now in FROM_TO.findall(sentence)]
            triples += (
                AGAINST.findall(sentence) if re.search("points|a gap of", sentence) and "“" not in sentence else []
            )
            faults += [f"{report}: {sentence}" for triple in triples if not _fits(*triple)]
        for title, heads, rows in page.tables:
            for names in (names for names in DIFFERENCES if set(names) <= set(heads)):
                cells = [[row[0], *(row[heads.index(name)] for name in names)] for row in rows]
                faults += [f"{report}: {title}: {row}" for row in cells if not _fits(row[2], row[1], row[3])]
    return faults


def _fits(now, before, gap):
    return abs(abs(value(now) - value(before)) - abs(value(gap))) < 1e-9


def contradictions(metrics, pages):
    """Everything that two places of a suite say differently. `pages`: HTML in English by report."""
    read = {report: Page(html) for report, html in pages.items()}
    return [
        *names_twice(metrics),
        *two_intervals(metrics, read),
        *two_numbers(read),
        *two_cells(read),
        *wrong_differences(read),
    ]

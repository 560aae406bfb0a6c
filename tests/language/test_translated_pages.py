"""Pages in every language from one execution: the same numbers, and no word that did not pass through a catalogue."""

import ast
import datetime as dt
import re
from html.parser import HTMLParser

import nbformat
import numpy as np
import pandas as pd
import pytest

from cxlib.language import speaker
from cxlib.publish import Failure, FrontEntry, PageFacts, PastRun, failure_page, front_page, question_of, render_page

MARKS = re.compile("[\u200e\u200f\u2066-\u2069]")
NUMBER = re.compile(r"[+\u2212]?\d+(?:[.,:]\d+)*")
# Names and values of the test's own data, and names of file formats.
DATA = {"transactions", "orders.csv", "CSV", "Excel", "Parquet", "JSON", "SAR", "Tiny", "x"}
SOURCES = """
title: Tiny
currency: SAR
time_zone: Asia/Riyadh
as_of: 2026-09-30
tables:
  transactions:
    path: orders.csv
    columns: {transaction_id: id, customer_id: customer, at: at, amount: amount}
    dates: ["%Y-%m-%d"]
"""
FACTS = PageFacts(
    as_of=dt.date(2026, 9, 30), generated_at=dt.datetime(2026, 11, 22, 14, 5, tzinfo=dt.UTC), seconds=2.5,
    parameters={"x": 7}, fingerprint="9" * 64,
)  # fmt: skip


class Words(HTMLParser):
    """What a reader sees or hears of a page: text and spoken labels, without code, style, data and language names."""

    def __init__(self, page):
        super().__init__()
        self.words, self._silent = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        """Note spoken labels, and where something silent begins."""
        attributes = dict(attrs)
        if tag in {"script", "style", "pre", "code"} or "hreflang" in attributes:
            self._silent.append(tag)
        self.words += [attributes[name] for name in ("aria-label", "alt", "title") if name in attributes]

    def handle_endtag(self, tag):
        """Note where it ends."""
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data):
        """Keep text that is seen."""
        if not self._silent:
            self.words.append(data)


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """A workspace of 400 customers whose newer ones come back less, with five rows that break a rule."""
    folder = tmp_path_factory.mktemp("project") / "params" / "tiny"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(3)
    start = rng.integers(0, 240, 400)
    orders = np.minimum(1 + rng.geometric(0.35, 400), 30)
    customer = np.repeat(np.arange(400), orders)
    day = start[customer] + np.where(np.diff(customer, prepend=-1) > 0, 0, rng.integers(1, 200, len(customer)))
    table = pd.DataFrame({
        "id": np.arange(len(customer)), "customer": "c" + pd.Series(customer).astype(str),
        "at": (pd.Timestamp("2026-01-01") + pd.to_timedelta(day, unit="D")).strftime("%Y-%m-%d"),
        "amount": rng.integers(5, 900, len(customer)),
    })  # fmt: skip
    table = table[table["at"] <= "2026-09-30"].astype({"amount": str})
    table.iloc[:5, 3] = "x"
    table.to_csv(folder / "orders.csv", index=False)
    (folder / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    (folder.parents[1] / "notebooks").mkdir()
    return folder


@pytest.fixture(scope="module")
def executed(three_languages, company, root):
    """The segmentation notebook with the outputs of its own cells, computed in this process."""
    nb = nbformat.read(root / "notebooks" / "segmentation.ipynb", as_version=4)
    names = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CXLIB_RUN_DIR", str(company.parents[1] / "run"))
        for cell in nb.cells:
            if cell.cell_type == "code":
                shown = _run(cell.source, names)
                data = getattr(shown, "_repr_mimebundle_", dict)()
                cell.outputs = [nbformat.v4.new_output("display_data", nbformat.from_dict(data))] if data else []
            if "parameters" in cell.metadata.get("tags", []):
                names |= {"workspace": str(company), "draws": 100}
    return nb


@pytest.fixture(scope="module")
def pages(executed, three_languages):
    """The page of the executed notebook in each language."""
    return {language: render_page(executed, language=language, facts=FACTS) for language in three_languages}


def _run(source, names):
    """Run a cell and give the value of its last line, as Jupyter does."""
    *lines, last = ast.parse(source).body
    if not isinstance(last, ast.Expr):
        lines, last = [*lines, last], None
    exec(compile(ast.Module(lines, []), "cell", "exec"), names)
    return None if last is None else eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def _text(page):
    return MARKS.sub("", "\n".join(Words(page).words))


def _latin(page):
    words = set(re.findall(r"[A-Za-z][\w.]*", _text(page)))
    return {word for word in words if word not in DATA and not re.fullmatch(r"sha256|[a-f]\w*\d\w*", word)}


def test_the_same_numbers_in_english_and_arabic(pages):
    """Every number of one page stands on the other, as often; a download's size depends on its words."""
    without = [re.sub("<a [^>]*download.*?</a>", "", pages[language], flags=re.DOTALL) for language in ("en", "ar")]
    english, arabic = (sorted(NUMBER.findall(_text(page))) for page in without)
    assert len(english) > 300
    assert arabic == english


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl"), ("el", "ltr")])
def test_a_page_says_its_language(pages, language, direction):
    """`lang` and `dir` are the language's own."""
    assert f'<html lang="{language}" dir="{direction}">' in pages[language]


@pytest.mark.parametrize("language", ["ar", "el"])
def test_no_english_is_left_on_a_page(pages, language):
    """Text, labels and descriptions all come from the catalogue; a third language needs nothing else."""
    assert _latin(pages[language]) == set()


def test_arabic_is_written_with_arabic_letters(pages):
    """The page is not empty of words either."""
    assert len(re.findall(r"[\u0621-\u064a]{2,}", _text(pages["ar"]))) > 500


def test_the_question_has_every_language(executed, three_languages):
    """What heads a report's card on the front page is translated like the notebook's first cell."""
    assert tuple(question_of(executed)) == three_languages


@pytest.mark.parametrize("language", ["ar", "el"])
def test_no_english_is_left_on_the_front_page(three_languages, language):
    """Fresh, changed, stale and never published reports speak the page's language."""
    then = dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)
    said = {each: speaker(each).say("") or "7" for each in three_languages}
    metric = {"name": "m", "label": said, "unit": "percent", "polarity": 1}
    history = [PastRun(then, status) for status in ("ok", "failed", "timeout", "dead_kernel", "rejected", "cancelled")]
    entries = [
        FrontEntry("7", said, said, "r.{language}.html", as_of=then.date(), generated_at=then, history=history,
                   metrics=[metric | {"value": 0.5}], previous_metrics=[metric | {"value": 0.4}]),
        FrontEntry("8", said, said, "s.{language}.html", stale_since=then, failure_href="f.{language}.html"),
        FrontEntry("9", said, said),
    ]  # fmt: skip
    for shown in ([], entries[:1], entries):
        page = front_page(shown, title="Tiny", language=language, languages=three_languages, generated_at=then)
        assert _latin(page) == set()


@pytest.mark.parametrize("language", ["ar", "el"])
@pytest.mark.parametrize("status", ["failed", "timeout", "dead_kernel", "cancelled", "rejected", "unreadable_input"])
def test_no_english_is_left_on_a_failure_page(three_languages, language, status):
    """Only the program's own message, which stands apart, keeps its language."""
    failure = Failure(
        "7", status, "KeyError: amount", cell=3, started_at=dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC),
        last_good_href="r.{language}.html", home="index.{language}.html",
    )  # fmt: skip
    assert _latin(failure_page(failure, language=language, languages=three_languages)) == set()


@pytest.mark.parametrize(
    ("words", "arabic"),
    [
        ("orders.csv: cannot be read (No such file or directory). Check that the file is there and may be read.",
         "orders.csv: تعذّرت القراءة (لا يوجد ملف أو مجلد بهذا الاسم). تحقّق من وجود الملف ومن صلاحية قراءته."),
        ("orders.csv: there is no such file. Did you mean 'order.csv'? Allowed: order.csv, suite.yaml. "
         "Correct 'path' in sources.yaml, or put the file there.",
         "orders.csv: لا يوجد هذا الملف. هل تقصد 'order.csv'؟ المسموح به: order.csv, suite.yaml. صحّح 'path' في"),
        ("orders.csv: the file is empty. Put the data there, or take its table out of sources.yaml.",
         "orders.csv: الملف فارغ. ضع البيانات فيه، أو احذف جدوله من sources.yaml."),
        ("orders.csv: amount: there is no column 'amout'. Did you mean 'amount'? Allowed: amount, at.",
         "orders.csv: amount: لا يوجد العمود 'amout'. هل تقصد 'amount'؟ المسموح به: amount, at."),
        ("Cell 3 took longer than 10 minutes and was stopped. Raise cell_timeout_minutes if it needs more.",
         "استغرقت الخلية 3 وقتًا أطول من المسموح به (بالدقائق: 10) فأُوقفت. ارفع cell_timeout_minutes"),
        ("orders.csv changed while the report was made. Run again when nothing writes there.",
         "تغيّر orders.csv أثناء إعداد التقرير. أعد التشغيل حين لا يكتب فيه أي برنامج."),
        ("Cell 3 raised KeyError: 'amount'", "أطلقت الخلية 3 الخطأ KeyError: 'amount'"),
    ],
)  # fmt: skip
def test_a_failure_page_says_usual_faults_again(words, arabic):
    """The program's own words stand on the Arabic page in Arabic too, above what the program said."""
    failure = Failure("7", "failed", words)
    pages = {each: _text(failure_page(failure, language=each, languages=("en", "ar"))) for each in ("en", "ar")}
    assert arabic in pages["ar"]
    assert arabic not in pages["en"]

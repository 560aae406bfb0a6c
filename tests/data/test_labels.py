"""Words of data that a page in another script would show as they are."""

from rich.console import Console

from cxlib.data import open_workspace
from cxlib.runs.console import Answer, _say_unlabelled

SOURCES = """
title: Gym
currency: SAR
time_zone: Asia/Riyadh
tables:
  transactions: {path: sales.csv, columns: {customer_id: c, at: d, amount: a}}
  customers: {path: people.csv, columns: {customer_id: c, trainer: Coach, town: Town, full_name: Name, level: Level}}
  surveys: {path: answers.csv, columns: {customer_id: c, at: d, nps: score, rating_coach: q1, rating_price: q2}}
"""
LABELS = """
labels:
  customers:
    trainer: {label: {en: Trainer, ar: المدرب}, values: {Anna: آنا, Omar: {en: Mr Omar}}}
"""


def gym(folder, labels=""):
    """A gym with its own words."""
    (folder / "sales.csv").write_text("c,d,a\n1,2025-01-02,5\n2,2025-01-03,6\n")
    people = "c,Coach,Town,Name,Level\n1,Anna,Riyadh,Sara,1\n2,Omar,الطائف,Ali,2\n3,,Taif,Mona,3\n"
    (folder / "people.csv").write_text(people, encoding="utf-8")
    (folder / "answers.csv").write_text("c,d,score,q1,q2\n1,2025-02-01,9,4,5\n2,2025-02-02,3,2,1\n")
    (folder / "sources.yaml").write_text(SOURCES + labels, encoding="utf-8")
    return open_workspace(folder)


def test_words_without_a_label_are_named(tmp_path):
    """Columns, values and drivers that the dictionary lacks; neither persons nor words of the language."""
    assert gym(tmp_path).unlabelled("ar") == {
        "customers": {"trainer": ["", "Anna", "Omar"], "town": ["", "Taif"], "level": [""]},
        "surveys": {"rating_coach": [""]},
    }
    left = gym(tmp_path, LABELS).unlabelled("ar")["customers"]
    assert left == {"trainer": ["Omar"], "town": ["", "Taif"], "level": [""]}


def test_what_is_lacking_can_be_pasted(tmp_path):
    """The text below the sentence is YAML that sources.yaml takes, once it is filled in."""
    words, console = gym(tmp_path).unlabelled("ar"), Console(width=80, record=True)
    _say_unlabelled(Answer(console), words, "ar")
    sentence, _, text = console.export_text().partition("labels:")
    assert sentence.startswith("Pages in Arabic may show these words of the data as they are.")
    letters = iter("أبجدهوز")
    filled = "".join(part + next(letters) for part in text.split('""')[:-1])
    assert gym(tmp_path, f"labels:{filled}\n").unlabelled("ar") == {}

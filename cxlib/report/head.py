"""What is read first: the answer as the page's title with at most three bullets, and three to five headline numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
from markupsafe import Markup

from cxlib.errors import ConfigurationError
from cxlib.language import Count, Message, Points, Quantity, Speaker, T, difference_seen, points_apart, with_interval
from cxlib.measures.metric import Metric, in_each_language
from cxlib.report.component import Component, Rendered, say, say_each

MAX_BULLETS = 3


@dataclass(frozen=True, repr=False)
class PageHead(Component):
    """The answer of a report; see `page_head`."""

    kind: ClassVar[str] = "head"
    answer: Message
    kicker: tuple[Message, ...]
    bullets: tuple[Message, ...]
    action: Message | None = None
    file: str = ""

    def render(self, voice: Speaker) -> Rendered:
        """Kicker, H1 and bullets, what to do first."""
        kicker = Markup(" \u00b7 ").join(say(voice, part) for part in self.kicker)
        link = Markup(' \u00b7 <a href="exports/{}" download>{}</a>')
        listed = link.format(self.file, say(voice, T("Download the list"))) if self.file else Markup("")
        first = () if self.action is None else (self.action,)
        bullets = say_each(voice, Markup('<li class="action">{{}}{}</li>').format(listed), first)
        bullets += say_each(voice, "<li>{}</li>", self.bullets)
        return Rendered(
            (Markup('<p class="kicker">{}</p>').format(kicker) if kicker else Markup(""))
            + Markup("<h1>{}</h1>").format(say(voice, self.answer))
            + (Markup('<ul class="lede">{}</ul>').format(bullets) if bullets else Markup(""))
        )

    def extras(self) -> dict[str, object]:
        """The page's title and what to do, by language."""
        texts: dict[str, object] = {"title": in_each_language(self.answer)}
        return texts if self.action is None else texts | {"action": in_each_language(self.action), "file": self.file}


def page_head(
    answer: Message,
    *,
    kicker: Sequence[Message] = (),
    bullets: Sequence[Message] = (),
    action: Message | None = None,
    file: str = "",
) -> PageHead:
    """Head a page with its answer.

    `answer`: One sentence with a number in it; the page's H1 and title.
    `kicker`: What the answer rests on: data up to which day, how many customers.
    `bullets`: At most three, with the action.
    `action`: What to do now, with what it should bring; the first bullet, and the report's line on the front page.
    `file`: The exported file that it works with, such as ``"call_list.csv"``.
    Raises ConfigurationError: with more than three bullets: a reader takes in no more.

    >>> from cxlib.language import Percent, T
    >>> head = page_head(T("Champions bring {share} of revenue", share=Percent(0.42)))
    >>> head.payload()["title"]["en"]
    'Champions bring 42% of revenue'
    """
    if (n := len(bullets) + (action is not None)) > MAX_BULLETS:
        raise ConfigurationError(f"page_head: {n} bullets; a page has at most {MAX_BULLETS}. Keep the best.")
    return PageHead(answer, tuple(kicker), tuple(bullets), action, file)


LONG = 11  # characters of a value that still fit a tile at full size
UP, DOWN, LEVEL = "\u25b2", "\u25bc", "\u25cf"


@dataclass(frozen=True, repr=False)
class Tiles(Component):
    """Headline numbers side by side; see `tiles`."""

    kind: ClassVar[str] = "tiles"
    metrics: tuple[Metric, ...]

    def render(self, voice: Speaker) -> Rendered:
        """A list, one item for each metric."""
        items = Markup("").join(_tile(voice, metric) for metric in self.metrics)
        return Rendered(Markup('<ul class="tiles">{}</ul>').format(items))

    def extras(self) -> dict[str, object]:
        """The metrics as plain values, for metrics.json."""
        return {"metrics": [metric.to_dict() for metric in self.metrics]}


def tiles(*metrics: Metric) -> Tiles:
    """Show headline numbers and hand them to metrics.json.

    A change is a shape, a sign and a word; whether it is good or bad comes from the metric's polarity, not from its
    direction, and colour only repeats it.

    >>> row = tiles(Metric("churn", T("Churn rate"), 0.101, unit="percent", polarity=-1, change=0.006))
    >>> print(row._repr_mimebundle_()["text/plain"])
    Churn rate 10.1% ▲ +0.6 points, worse
    """
    return Tiles(metrics)


def _tile(voice: Speaker, metric: Metric) -> Markup:
    notes = [] if metric.note is None else [metric.note]
    ends = {"low": metric.show(metric.low), "high": metric.show(metric.high)}
    shown, words = with_interval({"value": metric.quantity, **ends}, metric.level)
    if words and pd.notna(metric.low) and pd.notna(metric.high):
        notes.append(words)
    if metric.n is not None:
        notes.append(T("based on {n}", n=Count(metric.n)))
    lines = [
        Markup('<p class="l">{}</p>').format(say(voice, metric.label)),
        _value(voice, shown["value"]),
        _change(voice, metric),
        say_each(voice, '<p class="n">{}</p>', notes),
    ]
    return Markup('<li class="tile">{}</li>').format(Markup("").join(lines))


def _value(voice: Speaker, number: Quantity) -> Markup:
    value = say(voice, number)
    return Markup('<p class="{}"><bdi>{}</bdi></p>').format("v long" if len(value) > LONG else "v", value)


def _change(voice: Speaker, metric: Metric) -> Markup:
    if metric.change is None or metric.change != metric.change:
        return Markup("")
    kind = {None: "", True: " good", False: " bad"}[metric.is_better]
    shape = UP if metric.change > 0 else DOWN if metric.change < 0 else LEVEL
    line = Markup('<p class="d{}"><span aria-hidden="true">{}</span> {}</p>')
    return line.format(kind, shape, say(voice, change_sentence(metric)))


def change_sentence(metric: Metric) -> Message:
    """The change in words: by how much, and whether that is better, worse, up or down.

    A change of a percentage is said in points, because "up 2%" could mean either.
    """
    if not metric.change:
        return T("no change")
    word = {True: T("better"), False: T("worse"), None: T("up") if metric.change > 0 else T("down")}[metric.is_better]
    if metric.unit in ("percent", "points"):
        value, shares = metric.value, metric.unit == "percent"
        apart = Points(metric.change * (100 if shares else 1), digits=1)
        if value is not None:
            apart = points_apart(value, value - metric.change, shares=shares)
        return T("{change} points, {word}", change=apart, word=word)
    change = metric.change
    if metric.value is not None:
        change = difference_seen(metric.value, metric.value - change, unit=metric.unit, currency=metric.currency)
    return T("{change}, {word}", change=metric.show(change, signed=True), word=word)

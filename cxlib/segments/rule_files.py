"""Rule tables that a company writes itself, in YAML.

    segments:
      best:
        name: {en: Best customers, ar: أفضل العملاء}
        recency: [4, 5]        # lowest and highest score; one number means that score alone
        frequency: [4, 5]
        action: {en: Thank them in person, ar: اشكرهم شخصيًا}      # optional, with
        measure: {en: Share who buy again, ar: نسبة من يشترون مجددًا}  # what to watch
      everyone_else_lately:
        name: Others who came lately     # plain text stands for every language
        recency: [4, 5]
        frequency: [1, 3]
      not_lately:
        name: Not here lately
        recency: [1, 3]

A measure that is left out takes any score. Each of the 125 cells must have exactly one segment.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cxlib.errors import ConfigurationError, nearest
from cxlib.language import Given, Message, available_languages
from cxlib.segments.actions import Action
from cxlib.segments.rules import ANY, TEN_SEGMENTS, Rule, RuleTable
from cxlib.strict_yaml import read_yaml_mapping

SCORED = ("recency", "frequency", "monetary")
SETTINGS = ("name", *SCORED, "action", "measure")


def read_rules(path: str | Path) -> RuleTable:
    """A rule table from a YAML file.

    Parameters
    ----------
    path : str or Path
        A file in the form that this module shows.

    Raises
    ------
    ConfigurationError
        The file cannot be read, a setting is unknown or has no meaning, or a cell of the grid has no segment or more
        than one; all such cells are named.
    """
    name = Path(path).name
    content = read_yaml_mapping(Path(path), name=name)
    unknown = [key for key in content if key != "segments"]
    if unknown:
        raise ConfigurationError(f"{name}: unknown setting {unknown[0]!r}. {nearest(unknown[0], ['segments'])}")
    return rules_from_plain(content.get("segments"), source=name)


def choose_rules(segments: Mapping[str, Any]) -> RuleTable:
    """The rules that a parameter gives, in the form of this module below ``segments:``; the ten usual ones when empty.

    Raises
    ------
    ConfigurationError
        As for `read_rules`.

    Examples
    --------
    >>> choose_rules({}) is TEN_SEGMENTS
    True
    """
    return rules_from_plain(segments, source="the parameter of segments") if segments else TEN_SEGMENTS


def rules_from_plain(plain: Any, *, source: str) -> RuleTable:
    """A rule table from plain values: by key of a segment its settings.

    Raises
    ------
    ConfigurationError
        As for `read_rules`.

    Examples
    --------
    >>> rules = rules_from_plain({"here": {"name": "Here", "recency": [3, 5]}, "gone": {"name": "Gone", "recency": 2}},
    ...                          source="rules.yaml")
    Traceback (most recent call last):
        ...
    cxlib.errors.ConfigurationError: rules.yaml: segment rules: no segment for R1 at any F and M. Change the ...
    """
    if not isinstance(plain, Mapping) or not plain:
        raise ConfigurationError(f"{source}: 'segments' must hold a key for each segment, and its settings below it.")
    rules = [_rule(str(key), settings, f"{source}: segment {key!r}") for key, settings in plain.items()]
    try:
        return RuleTable(rules)
    except ConfigurationError as error:
        raise ConfigurationError(f"{source}: {error}") from None


def rules_to_plain(rules: RuleTable) -> dict[str, Any]:
    """Plain values that `rules_from_plain` turns into the same table; names in every language that is known."""
    return {rule.key: _plain(rule) for rule in rules.rules}


def _rule(key: str, settings: Any, where: str) -> Rule:
    if not isinstance(settings, Mapping):
        raise ConfigurationError(f"{where}: expected settings such as 'name' and 'recency' below the key.")
    for setting in settings:
        if setting not in SETTINGS:
            raise ConfigurationError(f"{where}: unknown setting {setting!r}. {nearest(str(setting), SETTINGS)}")
    spans = {measure: _span(settings[measure], measure, where) for measure in SCORED if measure in settings}
    return Rule(key, _text(settings.get("name"), "name", where), **spans, action=_action(settings, where))


def _span(value: Any, measure: str, where: str) -> tuple[int, int]:
    ends = [value, value] if isinstance(value, int) else value
    whole = isinstance(ends, list) and len(ends) == 2 and all(type(end) is int for end in ends)
    if not whole or not 1 <= ends[0] <= ends[1] <= 5:
        raise ConfigurationError(
            f"{where}: {measure} is {value!r}. Write the lowest and highest score from 1 to 5, as [4, 5], or one score."
        )
    return (ends[0], ends[1])


def _text(value: Any, setting: str, where: str) -> Message:
    texts = {"en": value} if isinstance(value, str) else value
    good = isinstance(texts, Mapping) and texts and all(isinstance(text, str) and text for text in texts.values())
    if not good:
        raise ConfigurationError(
            f"{where}: {setting} is {value!r}. Write a text, or one for each language, {{en: ...}}."
        )
    for language in texts:
        if language not in available_languages():
            known = nearest(str(language), available_languages())
            raise ConfigurationError(f"{where}: {setting} has an unknown language {language!r}. {known}")
    return Given.of(dict(texts))


def _action(settings: Mapping[str, Any], where: str) -> Action | None:
    given = [name for name in ("action", "measure") if name in settings]
    if len(given) == 1:
        raise ConfigurationError(f"{where}: {given[0]!r} stands alone. Give both 'action' and 'measure', or neither.")
    if not given:
        return None
    return Action(*(_text(settings[name], name, where) for name in given))


def _plain(rule: Rule) -> dict[str, Any]:
    spans = {measure: list(getattr(rule, measure)) for measure in SCORED if getattr(rule, measure) != ANY}
    texts = {"name": rule.name}
    if rule.action is not None:
        texts |= {"action": rule.action.do, "measure": rule.action.watch}
    return {**{name: _said(text) for name, text in texts.items()}, **spans}


def _said(text: Message) -> dict[str, str]:
    from cxlib.language import speaker

    if isinstance(text, Given):
        return dict(text.texts)
    return {language: speaker(language).say(text) for language in available_languages()}

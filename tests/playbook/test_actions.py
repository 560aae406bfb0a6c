"""What a company says of its actions is read, or refused in words."""

import pandas as pd
import pytest

from cxlib.errors import ParameterError
from cxlib.language import speaker
from cxlib.playbook import WAYS, PlanQuestion, read_actions

CALL = {"cost": 5, "keeps": 0.2}


def test_sixteen_ways_are_listed_and_not_costed():
    """Each has a name in both languages; none comes with numbers."""
    actions = read_actions({})
    assert len(actions) == len(WAYS) == 16
    assert not any(each.is_costed for each in actions)
    assert all(speaker("ar").say(each.name) != str(each.name) for each in actions)


def test_own_actions_come_after_the_ways():
    """A way keeps its place and name; another key is its own name where it has none."""
    actions = read_actions({"fair": {**CALL, "name": {"en": "Fair", "ar": "معرض"}}, "offer": CALL})
    assert [each.key for each in actions if each.is_costed] == ["offer", "fair"]
    assert speaker("ar").say(actions[-1].name).strip("\u2068\u2069") == "معرض"


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"keeps": 0.2}, "not what it costs. Write cost: 12"),
        ({"cost": 5, "keeps": 20}, "Write 20 percent as 0.2"),
        ({"cost": 5, "lifts": 1.5}, "must be a number from 0 to 1"),
        ({"cost": -1, "keeps": 0.2}, "must be a number of 0 or more"),
        ({**CALL, "capacity": 0}, "must be a number of 1 or more"),
        ({**CALL, "capacity": 0.5}, "must be a number of 1 or more"),
        ({**CALL, "costs": 5}, "Did you mean 'cost'?"),
        ({**CALL, "aim": "sel"}, "Did you mean 'sell'?"),
        ({**CALL, "lifts": 0.1}, "has keeps and lifts"),
        ({**CALL, "interval": [0.3, 0.4]}, "with what is expected between the two"),
        ({**CALL, "interval": 0.3}, "Write its two ends"),
        ({**CALL, "who": "monthly"}, "Write columns with values"),
        ({**CALL, "who": {"risk": {"form": 0.1}}}, "Write from, to, or both"),
        ({**CALL, "contact": "no"}, "write true or false"),
        ({**CALL, "experiment": {"treatment": "arm"}}, "Write it as {treatment"),
        ({**CALL, "experiment": {"treatment": "arm", "day": "1 May"}}, "is not a day"),
        ({"cost": 5, "lifts": 0.1, "experiment": {"treatment": "arm", "day": "2026-05-01"}}, "Write keeps"),
        ({"interval": [0, 1]}, "of no effect"),
        ({**CALL, "who": {"plan": []}}, "Write its values"),
        ({**CALL, "who": {"plan": [["monthly"]]}}, "Write its values"),
        ({**CALL, "who": {"plan": None}}, "Write its values"),
        ({**CALL, "source": ["a", "b"]}, "source is ['a', 'b']; write one text"),
        ({**CALL, "say": {"enn": "Hello"}}, "one for each language"),
        ({**CALL, "experiment": {"treatment": ["arm"], "day": "2026-05-01"}}, "treatment is ['arm']; write one text"),
        (3, "Write what is known of it"),
    ],
)
def test_what_cannot_be_meant_is_refused(entries, said):
    """The error names the action and says what to write."""
    with pytest.raises(ParameterError, match="'call'") as fault:
        read_actions({"call": entries})
    assert said in str(fault.value)


@pytest.mark.parametrize(
    ("options", "said"), [({"budget": 0}, "nothing to plan"), ({"hold_out": 0}, "held out"), ({"margin": 35}, "0.35")]
)
def test_parameters_that_cannot_be_meant(options, said):
    """A budget of zero, nobody held out, a margin in percent."""
    with pytest.raises(ParameterError, match=said):
        PlanQuestion({}, **options)


def test_a_rule_picks_by_values_and_ends():
    """Values are compared as they are written; a flag is true or false; what is missing fits no rule."""
    frame = pd.DataFrame({"plan": ["monthly", "annual", None], "risk": [0.3, 0.1, None], "vip": [True, False, True]})
    action = read_actions({"call": {**CALL, "who": {"plan": ["monthly", "annual"], "risk": {"from": 0.2}}}})[-1]
    assert action.may_get(frame).tolist() == [True, False, False]
    assert read_actions({"call": {**CALL, "who": {"vip": True}}})[-1].may_get(frame).tolist() == [True, False, True]
    with pytest.raises(ParameterError, match="Did you mean 'plan'"):
        read_actions({"call": {**CALL, "who": {"plann": ["monthly"]}}})[-1].may_get(frame)
    unpublished = read_actions({"call": {**CALL, "who": {"segment": ["loyal"]}}})[-1]
    assert not unpublished.may_get(frame).any()
    with pytest.raises(ParameterError, match="holds no numbers"):
        read_actions({"call": {**CALL, "who": {"plan": {"from": 1}}}})[-1].may_get(frame)

"""Conditions are checked when the suite is read, each with a plain word about what is wrong."""

import pytest

from cxlib.errors import ConfigurationError
from cxlib.runs.planning.suite import load_suite, read_rules


def test_conditions_are_read_in_their_order():
    """Several metrics, several conditions; a change that is switched off is none."""
    rules = read_rules({
        "nps": {"falls_significantly": True, "certainly_below": 30, "rises_significantly": False},
        "churn_rate": {"above": "8.5 %"},
    })  # fmt: skip
    assert [(rule.metric, rule.condition, rule.limit, rule.in_percent) for rule in rules] == [
        ("nps", "falls_significantly", None, False), ("nps", "certainly_below", 30.0, False),
        ("churn_rate", "above", 0.085, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{nps: {bellow: 3}}", "nps: bellow is no condition. Did you mean 'below'"),
        ("{nps: {below: low}}", "nps: below is 'low'; expected a number such as 0.08, or 8%"),
        ("{nps: {below: true}}", "below is True; expected a number"),
        ("{nps: {below: .nan}}", "expected a number"),
        ("{nps: {below: 1 000%}}", "expected a number"),
        ("{nps: {falls_significantly: 5}}", "falls_significantly is 5; write true"),
        ("{nps: {}}", "nps has no condition"),
        ("{nps: 30}", "names are expected here"),
    ],
)
def test_a_wrong_condition_stops_the_suite(project, text, words):
    """The error names the file, the report, the metric, and what would be right."""
    project.suite(f"languages: [en]\nreports: {{nps_drivers: {{alert_if: {text}}}}}")
    with pytest.raises(ConfigurationError, match=words) as raised:
        load_suite(project.workspace)
    assert "params/demo/suite.yaml:\n  reports.nps_drivers.alert_if" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("schedule: '0 25 * * *'\nreports: {a: }", "schedule: '25' is no hour.*30 6 \\* \\* mon-fri"),
        ("reports: {a: {schedule: daily}}", "reports.a.schedule: a schedule has five fields"),
        ("reports: {a: }\nnotify: mail", "notify: expected a list.*sh, -c"),
        ("reports: {a: }\nnotify: ['']", "notify: .*no program"),
    ],
)
def test_a_wrong_schedule_or_command_stops_the_suite(project, text, words):
    """When and whom to tell is checked with the rest of the suite."""
    project.suite(f"languages: [en]\n{text}")
    with pytest.raises(ConfigurationError, match=words):
        load_suite(project.workspace)

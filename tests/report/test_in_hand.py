"""A chart of the page in a notebook: its matplotlib Axes, in colours that show on white, and its numbers."""

from functools import partial

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

from cxlib import report
from cxlib.churn import ChurnData, ChurnQuestion, ChurnStudy
from cxlib.clv import ValueRules
from cxlib.errors import ParameterError
from cxlib.language import Percent, T
from cxlib.playbook import PlanQuestion
from cxlib.report.theme import SENTINELS

ROWS = pd.DataFrame({"segment": ["Champions", "At risk"], "share": [0.42, 0.07]})


def test_a_figure_gives_its_axes_and_numbers():
    """On axes of one's own too; no stand-in colour is left, and no setting of matplotlib is changed."""
    chart = report.figure(
        report.HorizontalBars(ROWS, category="segment", value="share", kind=Percent), name="own",
        title=T("Own"), subtitle=T("Own"), alt=T("Own"), source=T("Own"), numbers=ROWS)  # fmt: skip
    settings = dict(mpl.rcParams)
    own = plt.subplots()[1]
    for ax in (chart.axes(), chart.axes(own)):
        colours = {to_hex(text.get_color()) for text in ax.figure.findobj(Text)}
        colours |= {to_hex(patch.get_facecolor()) for patch in ax.patches}
        assert not colours & set(SENTINELS.values())
        assert "Champions" in [text.get_text() for text in ax.get_yticklabels()]
    assert ax is own
    assert dict(mpl.rcParams) == settings
    assert chart.frame["share"].tolist() == [0.42, 0.07]
    for part in (chart, chart.plot, report.table(ROWS, title=T("Own")), report.together(chart, chart)):
        assert len(repr(part).splitlines()) <= 10
        assert not [name for name in dir(part) if name.startswith("_")]
    plt.close("all")


NO_NUMBERS = ["5", [5], True, pd.NA, 10**400, pd.Series([1, 2])]
PRICED = ChurnStudy(ChurnData(ChurnQuestion(), currency="SAR"))
COSTS = ("contact_cost", "offer_cost", "margin", "expected_response", "most_calls", "budget")


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(
    ("name", "set_to"),
    [(name, PRICED.with_costs) for name in COSTS]
    + [(name, ValueRules) for name in ("margin", "annual_discount_rate")]
    + [(name, partial(PlanQuestion, {})) for name in ("margin", "budget", "hold_out")],
)
def test_what_is_no_number_is_refused_in_words(name, set_to, value):
    """Costs, limits and rules that are tried in a cell name what was given, and no comparison fails deep inside."""
    with pytest.raises(ParameterError, match=rf"^{name} is .*; expected a number\.$") as error:
        set_to(**{name: value})
    assert len(str(error.value)) < 160

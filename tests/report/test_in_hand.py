"""A chart of the page in a notebook: its matplotlib Axes, in colours that show on white, and its numbers."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.colors import to_hex
from matplotlib.text import Text

from cxlib import report
from cxlib.language import Percent, T
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

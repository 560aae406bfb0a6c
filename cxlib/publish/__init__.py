"""From an executed notebook to pages that may be published: one for each language, self-contained and checked.

`exporter` is the way in: it turns outputs (`outputs`), Markdown (`markdown`) and provenance (`facts`) into a page
(`page`: template, `fonts`, `csp`), lets nothing foreign through (`sanitise`) and refuses what is not fit (`checks`).
`front` makes the page over all reports and `failure` the one that says why a report is missing.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: a command that only looks stays quick.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

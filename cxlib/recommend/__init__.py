"""What customers may buy next: again, or for the first time; and what goes with what.

`scores` ranks products for each customer by who bought what when, `trial` holds the rankings against what was bought
later, `together` finds products that go with each other, `study` puts the lists together.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: a notebook does not wait for what it does not use.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

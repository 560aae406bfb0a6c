"""What to do next with each customer: actions with cost and response, chosen within a budget, some held out.

`actions` are what can be done, `customers` whom it can be done for, `responses` how sure it is that it helps, `choice`
picks at most one for each customer, `study` makes the plan and says what it should bring.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: a notebook does not wait for what it does not use.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

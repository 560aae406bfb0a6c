"""What customers say: about what, how many of them, what it does to the score, and whether that changed.

`feedback` puts comments of all sources together, `texts` tells what of them is a writer's own and which are twins.
`topics` finds what they are about and what each topic does to a score, `courses` holds shares against the time before
and says whether a topic fell once it was mended, `themes` finds words that occur together, and `study` what customers
ask for; it makes everything of it.
"""

import lazy_loader

# What stands in __init__.pyi is imported when it is first used: a notebook does not wait for what it does not use.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

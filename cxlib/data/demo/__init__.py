"""Fresh Basket, a simulated online grocery in Saudi Arabia, of which every true parameter is known.

It sells by app, web and phone in riyals (SAR, Asia/Riyadh), three years from October 2023 to September 2026, in Arabic
and English. Its customers belong to four groups with habits of their own (weekly families, monthly stockers, top-up
singles, gift buyers) and a fifth that only tried it. It runs monthly and annual memberships, a loyalty card without
dates and a programme with them, a support desk, newsletters and a survey. Planted in it, all in `Truth`: purchase,
drop-out and spend parameters of each group, the drivers behind the 0-10 answer, who answers and what they leave out,
the hazard of memberships, what the programme brings, a randomised offer that keeps monthly members, a fall in delivery
since July 2026, a payment problem fixed in February 2026, and one file with faults of every kind.
``Truth(trial=Trial())`` is the same company with six actions tried at random, of which one does nothing and one harms.

The front door: `simulate` (in memory) and `write_company` (files, any size). A customer's data depends on seed and
truth only, never on the size of the company.
"""

from cxlib.data.demo.company import Company, simulate
from cxlib.data.demo.files import write_company
from cxlib.data.demo.truth import Trial, Truth

__all__ = ["Company", "Trial", "Truth", "simulate", "write_company"]

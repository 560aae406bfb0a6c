"""Members of the simulated company, drawn without the tables that a study of memberships does not read."""

import pyarrow as pa

from cxlib.data.demo.blocks import BLOCK, Block
from cxlib.data.demo.company import memberships_table
from cxlib.data.demo.customers import customers_table, draw_people
from cxlib.data.demo.purchases import draw_orders
from cxlib.data.demo.support import draw_tickets, tickets_table
from cxlib.data.demo.surveys import draw_answers, surveys_table


def draw_members(truths, *, seed, customers):
    """Tables of one company: memberships, a list with one under each truth, which may differ in their hazard only.

    `customers`: Whole blocks of 2,000.
    """
    parts = {"customers": [], "tickets": [], "surveys": []}
    memberships = [[] for _ in truths]
    for number in range(customers // BLOCK):
        block = Block(seed, number)
        people = draw_people(truths[0], block)
        orders, habits = draw_orders(truths[0], people)
        tickets = draw_tickets(truths[0], people, orders)
        answers = draw_answers(truths[0], people, orders, tickets)
        for part, truth in zip(memberships, truths, strict=True):
            part.append(memberships_table(truth, people, habits, tickets=tickets, answers=answers))
        parts["customers"].append(customers_table(truths[0], people))
        parts["tickets"].append(tickets_table(truths[0], block, tickets))
        parts["surveys"].append(surveys_table(truths[0], people, answers))
    tables = {name: _frame(part) for name, part in parts.items()}
    return tables | {"memberships": [_frame(part) for part in memberships]}


def _frame(parts):
    return pa.concat_tables(parts).to_pandas(date_as_object=False)

"""From canonical tables to one row a customer, a cohort and month, a membership, or a customer and cut-off.

`inputs` brings tables to one form, `observed` says what counts as a purchase day; the other modules are the frames.
Each gives a sorted DataFrame where it was given a workspace or DataFrames, and an ibis table where it was given one.
"""

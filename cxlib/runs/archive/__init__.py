"""Runs that ended: their records and metrics, the pages and the front page made of them."""

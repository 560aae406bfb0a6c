"""Models of buying, spending and staying: one a file over one base."""

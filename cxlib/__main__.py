"""Lets `python -m cxlib` do what `cx` does."""

from cxlib.cli import main

if __name__ == "__main__":
    main()

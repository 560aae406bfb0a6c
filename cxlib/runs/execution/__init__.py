"""One run: a notebook executed in a private folder, its faults named, its memory and time held."""

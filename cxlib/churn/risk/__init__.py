"""Who is likely to leave: snapshots of the past, models, tests on time held out, what raises a risk."""

"""When reports run: what a workspace schedules, and ready files for the scheduler that a company already has."""

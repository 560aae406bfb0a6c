"""From suite.yaml and parameter files to what shall run, checked before any kernel starts."""

"""Files found and read as they are."""

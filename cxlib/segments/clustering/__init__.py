"""Whether customers fall into groups, and into which."""

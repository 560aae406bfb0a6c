"""Many small charts of one kind on shared axes: for more series than one chart can tell apart."""

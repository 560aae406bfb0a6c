"""Kernels forked from a process that has imported everything."""

"""Whether what was learnt still holds: base rates, drift of features, recalibration."""

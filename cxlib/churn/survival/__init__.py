"""How long members stay: curves, their comparison, ratios, reasons. Tested against R and statsmodels."""

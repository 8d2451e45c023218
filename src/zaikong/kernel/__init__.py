"""Money, energy, periods, dated parameters, findings, refusals: words every layer speaks."""

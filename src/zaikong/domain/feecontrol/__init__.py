"""Available balance, thresholds, may we cut, must we restore."""

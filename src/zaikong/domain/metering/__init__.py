"""From register readings to daily use: validation, estimation, true-up."""

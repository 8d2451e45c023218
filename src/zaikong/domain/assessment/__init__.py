"""Indicators: collection rates and rewards."""

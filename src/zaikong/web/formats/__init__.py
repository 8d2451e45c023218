"""Formats of dates, a folder a language."""

"""Formats of the frame in this language."""

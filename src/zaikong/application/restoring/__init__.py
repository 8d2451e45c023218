"""Whose supply must be given back, since when, and is it? 复电."""

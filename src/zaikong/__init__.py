"""Zaikong (在控): keeps the money an electricity supplier is owed under control."""

"""The business: rules over columns. No Django, no clock, no I/O but its own dated files."""

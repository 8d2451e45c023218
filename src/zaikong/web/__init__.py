"""Pages: the staff console."""

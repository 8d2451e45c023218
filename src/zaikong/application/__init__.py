"""Verbs: one use case, one transaction."""

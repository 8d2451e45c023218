"""Signals that a bill will stay unpaid; exposure."""

"""The law as dated parameters, and the calendar it counts days by."""

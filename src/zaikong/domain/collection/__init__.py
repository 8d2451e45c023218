"""From reminder to case: ladder, strategy, promises."""

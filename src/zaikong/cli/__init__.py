"""Commands, one file a group; thin."""

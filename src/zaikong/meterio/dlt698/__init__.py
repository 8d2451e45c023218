"""How is a meter of DL/T 698.45 asked and understood? `objects` are its things, `frames` the bytes, `session` the line."""

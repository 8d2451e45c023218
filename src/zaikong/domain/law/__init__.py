"""Law as dated data: each value with its source, publication, effect and repeal."""

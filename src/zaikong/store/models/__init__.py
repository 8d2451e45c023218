"""Tables, one file a capability."""

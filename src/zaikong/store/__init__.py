"""Tables: every model in one app, one migration line; queries; bulk in and out."""

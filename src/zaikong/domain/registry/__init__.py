"""Who is supplied: identifiers and their check digits, application papers."""

"""How likely a customer pays: grades and scores."""

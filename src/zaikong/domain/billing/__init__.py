"""From use to a bill: tariff books, rating, checks, explanation."""

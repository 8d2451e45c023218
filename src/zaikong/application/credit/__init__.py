"""The credit file: scores fitted, tried and explained."""

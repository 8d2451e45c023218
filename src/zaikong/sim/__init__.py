"""A seeded county: premises, people, firms, their use and their payments."""

"""Papers for people: supply contract, demand, stop notice and receipt slip as PDF and Word."""

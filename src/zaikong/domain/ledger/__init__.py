"""What is owed and what was paid: late fee, allocation, postings, ageing, provision."""

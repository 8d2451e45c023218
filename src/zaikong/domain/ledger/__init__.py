"""From a bill to a settled account: postings, allocation, late fee, ageing, provision."""

"""Which collector does what about which case today, for the most expected money under hours, skills, travel and the law?"""

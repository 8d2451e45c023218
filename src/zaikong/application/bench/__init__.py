"""How fast is the house, and in how much memory?"""

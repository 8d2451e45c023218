"""What is at risk, and who is next?"""

"""What does a prepaid customer have left, and what follows from it?"""

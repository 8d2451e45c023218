"""How well was the money collected?"""

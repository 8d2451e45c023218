"""How do orders become commands to meters, and how does nothing get lost on the way?"""

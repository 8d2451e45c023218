"""How is supply cut lawfully: proposed, approved by two people, reserved, looked at once more, recorded?"""

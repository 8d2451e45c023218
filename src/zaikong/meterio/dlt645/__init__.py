"""DL/T 645-2007: how is a meter of this standard read and commanded?"""

"""Fee-control devices 费控装置: ordered, installed, accepted, mended, and their hardware 保电 kept in step with the books.

Owns devices, their acceptances and faults, and the daily check of retained supply. Does not own cuts and restores
(`cutting`, `restoring`), nor how a meter is spoken to (`meterio`). Its times: what a person did, and what a meter said.
"""

"""Prepayment 预购电: customers who pay ahead by a signed agreement.

agreements  drafted, signed, ended; the paper
topping_up  money in, and the balance with its parts
refunds     money given back: asked for, approved, paid out by people who are not one
switching   from one payment mode to the other, on a ground and a date

Owns: the agreement, the share of a top-up for old debt, refunds, switches. Does not own: the nightly estimate and the
level of warning, the cut. Its times: an agreement governs money paid from its first day on, once the account is switched.
"""

"""Conformance cases: plain facts with the answers they must get, run through the rules that production runs.

A kind of case is a module of this package with the kind's name. It has `Input` and `Expect`, pydantic models that
forbid unknown keys, and `answer(facts: Input) -> dict[str, object]`, which builds a one-row frame, calls the rule, and
returns every key of `Expect`: money as `Decimal` yuan, counts as `int`, words as `str`, groups as mappings.
"""

"""How does a table guard itself? Triggers that several tables share."""

from collections.abc import Iterable

import pgtrigger

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
"""Written once; corrected only by a further row."""

NO_DELETE = pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete)
"""May change, never vanishes."""


def moves(*transitions: tuple[str, str]) -> pgtrigger.Trigger:
    """A `state` goes only these ways, whoever writes."""
    return pgtrigger.FSM(name="state_moves", field="state", transitions=list(transitions))


def begins(*states: str) -> pgtrigger.Trigger:
    """A new row stands in one of these states."""
    allowed = ", ".join(f"'{state}'" for state in states)
    return pgtrigger.Trigger(
        name="state_begins",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=f"""
            IF NEW.state NOT IN ({allowed}) THEN
                RAISE EXCEPTION 'a new row of % may not stand in state %', TG_TABLE_NAME, NEW.state
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        """,
    )


def keeps(fields: Iterable[str]) -> pgtrigger.Trigger:
    """These fields stay as first written."""
    return pgtrigger.ReadOnly(name="keeps_what_was_said", fields=list(fields))

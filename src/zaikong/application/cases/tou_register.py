"""Which time-of-use register counts at a moment?"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from zaikong.application.cases.facts import Facts
from zaikong.domain.billing.tou import register_at


def _as_moment(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and ":" in value):
        return value
    raise ValueError(f"{value!r} is not a date with a time, such as 2024-07-10T20:30")


class Input(Facts):
    """Facts."""

    tariff: str
    at: Annotated[datetime, BeforeValidator(_as_moment)]


class Expect(Facts):
    """Answer."""

    model_config = ConfigDict(serialize_by_alias=True)

    register_name: Literal["sharp", "peak", "flat", "valley"] = Field(alias="register")


def answer(facts: Input) -> dict[str, object]:
    """The register, from the hours of the book in force that day."""
    return {"register": register_at(facts.tariff, facts.at)}

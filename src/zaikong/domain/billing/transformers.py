"""What does a customer's own transformer lose, by its model?

Basis: typical catalogue data, see `transformers.yaml`; the load-shape factor stands beside them.
"""

from decimal import Decimal
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from zaikong.kernel.dated import Basis, read_yaml, validated
from zaikong.kernel.money import scaled

_FILE = Path(__file__).parent / "transformers.yaml"
_PER_KILO = 1000


class Transformer(BaseModel):
    """One model.

    Attributes:
        kva: Rated capacity [kVA].
        iron_kw: No-load loss [kW].
        copper_kw: Loss at full load [kW].
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kva: Decimal = Field(gt=0)
    iron_kw: Decimal = Field(gt=0)
    copper_kw: Decimal = Field(gt=0)


class Transformers(BaseModel):
    """The table with its source and the load-shape factor."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    basis: Basis
    models: dict[str, Transformer]
    shape: Decimal = Field(ge=1, le=2)


@cache
def transformers() -> Transformers:
    """The shipped table.

    Raises:
        UnableToReadDatedFileError: The shipped file is wrong.
    """
    return validated(read_yaml(_FILE), Transformers, path=_FILE)


def loss_columns(model: str) -> dict[str, int]:
    """The loss parameters of a model as settlement columns; all zero for an empty or unknown model.

    Returns:
        `iron_w`, `copper_w` [W], `iron_var`, `copper_var` [var], `loss_centi_kva` [0.01 kVA], `loss_shape_milli` [0.001].
    """
    table = transformers()
    found = table.models.get(model)
    return {
        "iron_w": scaled(found.iron_kw, _PER_KILO) if found else 0,
        "copper_w": scaled(found.copper_kw, _PER_KILO) if found else 0,
        "iron_var": 0,
        "copper_var": 0,
        "loss_centi_kva": scaled(found.kva, 100) if found else 0,
        "loss_shape_milli": scaled(table.shape, _PER_KILO) if found else 0,
    }

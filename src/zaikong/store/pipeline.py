"""Do foreign keys follow the pipeline?

An import linter does not see a foreign key named by a string, so this system check does: a table may point at tables
of its own capability or of an earlier one, never of a later one.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.core import checks
from django.db import models

ORDER = (
    "people",
    "decision",
    "registry",
    "contract",
    "metering",
    "billing",
    "ledger",
    "credit",
    "warning",
    "collection",
    "message",
    "notice",
    "work_list",
    "prepayment",
    "feecontrol",
    "command",
    "device",
    "breach",
    "recovery",
    "assessment",
    "operations",
)
"""Files of `store/models` in the order knowledge flows; `operations` (imports, nights, closes) sees them all."""

_RANK = {name: place for place, name in enumerate(ORDER)}


def capability_of(model: type[models.Model]) -> str:
    """The file of `store/models` a model stands in."""
    return model.__module__.rpartition(".")[2]


def upward_keys(tables: Iterable[type[models.Model]]) -> list[checks.CheckMessage]:
    """Errors for every foreign key that points up the pipeline, and for a model outside it."""
    faults: list[checks.CheckMessage] = []
    for model in tables:
        if capability_of(model) not in _RANK:
            faults.append(checks.Error(f"{capability_of(model)} is not in the pipeline", obj=model, id="zaikong.E002"))
            continue
        faults += [
            checks.Error(
                f"{capability_of(model)} may not point at {capability_of(field.related_model)}",
                hint="Turn the key round, or move the table.",
                obj=field,
                id="zaikong.E001",
            )
            for field in model._meta.get_fields()
            if field.concrete
            and field.is_relation
            and capability_of(field.related_model) in _RANK
            and _RANK[capability_of(field.related_model)] > _RANK[capability_of(model)]
        ]
    return faults


@checks.register(checks.Tags.models)
def foreign_keys_follow_pipeline(app_configs: object, **_: Any) -> list[checks.CheckMessage]:
    """The system check `zaikong.E001`."""
    del app_configs
    return upward_keys(apps.get_app_config("zaikong").get_models())

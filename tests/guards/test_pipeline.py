"""Foreign keys follow the pipeline, and one that does not is an error."""

from types import SimpleNamespace

from zaikong.store import models, pipeline


def table(home: str, points_at: type) -> type:
    field = SimpleNamespace(concrete=True, is_relation=True, related_model=points_at)
    return type(
        "Planted",
        (),
        {"__module__": f"zaikong.store.models.{home}", "_meta": SimpleNamespace(get_fields=lambda: [field])},
    )


def test_the_tables_as_they_stand_follow_the_pipeline():
    assert pipeline.foreign_keys_follow_pipeline(None) == []


def test_a_key_that_points_up_the_pipeline_is_an_error():
    faults = pipeline.upward_keys([table("registry", models.Bill)])

    assert [fault.id for fault in faults] == ["zaikong.E001"]


def test_a_key_that_points_down_the_pipeline_is_none():
    assert pipeline.upward_keys([table("ledger", models.Bill)]) == []


def test_a_table_outside_the_pipeline_is_an_error():
    assert [fault.id for fault in pipeline.upward_keys([table("misc", models.Bill)])] == ["zaikong.E002"]

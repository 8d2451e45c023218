"""Loss parameters by transformer model."""

from zaikong.domain.billing.transformers import loss_columns, transformers


def test_a_model_gives_its_losses_in_watts():
    assert loss_columns("S11-315") == {
        "iron_w": 480,
        "copper_w": 3650,
        "iron_var": 0,
        "copper_var": 0,
        "loss_centi_kva": 31500,
        "loss_shape_milli": 1050,
    }


def test_no_transformer_and_an_unknown_one_lose_nothing():
    assert set(loss_columns("").values()) == set(loss_columns("S99-1").values()) == {0}


def test_the_table_says_that_it_is_not_the_provinces_own():
    assert transformers().basis.verified is False

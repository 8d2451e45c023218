"""How much of what is owed is expected to be lost?

Each bucket of the provision matrix is its balance times its loss rate. The products are added exactly and rounded once
for a group, because the provision is one journal entry a group, not one a bucket. A bucket in credit needs no
provision and does not lessen that of the others.

Basis: 《企业会计准则第22号》 simplified approach; IFRS 9 B5.5.35 and illustrative example 12.
"""

import narwhals as nw

from zaikong.domain.ledger.ppm import multiples, rest_part, rounded_total, whole_part

BUCKET_COLUMNS = ("group", "balance_fen", "loss_rate_ppm")
"""What `provisions` reads: a bucket's group, balance [fen] and loss rate [ppm]."""


def provisions(buckets: nw.LazyFrame) -> nw.LazyFrame:
    """Provision of each group.

    Args:
        buckets: Rows with `BUCKET_COLUMNS`, at most 500 a group.

    Returns:
        One row per group: `group`, `balance_fen`, `provision_fen` [fen].
    """
    rate = nw.col("loss_rate_ppm")
    return (
        buckets.with_columns(_at_risk=nw.max_horizontal(nw.col("balance_fen"), nw.lit(0)))
        .with_columns(_high=multiples(nw.col("_at_risk")))
        .with_columns(
            _whole=whole_part(nw.col("_high"), rate), _rest=rest_part(nw.col("_at_risk"), nw.col("_high"), rate)
        )
        .group_by("group")
        .agg(
            balance_fen=nw.col("balance_fen").sum(),
            _whole=nw.col("_whole").sum(),
            _rest=nw.col("_rest").sum(),
        )
        .select("group", "balance_fen", provision_fen=rounded_total(nw.col("_whole"), nw.col("_rest")))
    )

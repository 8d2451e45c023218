"""Which warnings stand, and how are tonight's moves written?"""

from datetime import date

import polars as pl

from zaikong.store import bulk

_INT = pl.Int64
_EPOCH = "date '1970-01-01'"


def stored_warnings() -> pl.DataFrame:
    """Every warning there ever was: `levels.STORED_COLUMNS`."""
    return bulk.fetch(
        f"SELECT id, account_id, cause, coalesce(subject_date - {_EPOCH}, 0), level, closed_date IS NOT NULL "
        "FROM zaikong_riskwarning",
        {
            "warning": _INT,
            "account": _INT,
            "cause": pl.String,
            "subject_day": _INT,
            "level": _INT,
            "is_closed": pl.Boolean,
        },
    )


def owners() -> pl.DataFrame:
    """The collector of each account: `account`, `owner_id`."""
    return bulk.fetch(
        "SELECT id, collector_id FROM zaikong_account WHERE collector_id IS NOT NULL",
        {"account": _INT, "owner_id": _INT},
    )


def latest_scores() -> pl.DataFrame:
    """The score of the latest scored bill of each account that is open: `account`, `score_ppm`.

    While the last watch of the score suspends it, no score stands.
    """
    return bulk.fetch(
        "SELECT DISTINCT ON (s.account_id) s.account_id, s.probability_ppm FROM zaikong_billscore s "
        "JOIN zaikong_openitem o ON o.bill_id = s.bill_id AND o.open_fen > 0 "
        "WHERE NOT coalesce((SELECT suspended FROM zaikong_scorewatch ORDER BY watched_date DESC LIMIT 1), false) "
        "ORDER BY s.account_id, s.scored_date DESC, s.bill_id DESC",
        {"account": _INT, "score_ppm": _INT},
    )


def open_new(rows: pl.DataFrame) -> int:
    """Write warnings that are new; columns as the table's."""
    return bulk.write(rows, "zaikong_riskwarning")


_MOVED = {
    "warning": "bigint",
    "move": "text",
    "level": "smallint",
    "observed": "bigint",
    "limit": "bigint",
    "probability_ppm": "integer",
    "exposure_fen": "bigint",
    "expected_loss_fen": "bigint",
    "next_step": "text",
    "deadline": "date",
}


def move_warnings(rows: pl.DataFrame, *, as_of: date) -> int:
    """Bring earlier warnings to where they stand tonight: kept, raised, lowered, closed or opened again.

    Args:
        rows: `warning`, `move`, `level`, the figures, `next_step` and `deadline`.
        as_of: The business date.
    """
    if rows.is_empty():
        return 0
    bulk.stage(rows.select(list(_MOVED)), "warning_moved", _MOVED)
    closed = bulk.execute(
        "UPDATE zaikong_riskwarning w SET closed_date = %s FROM warning_moved m WHERE m.warning = w.id "
        "AND m.move = 'close'",
        [as_of],
    )
    return closed + bulk.execute(
        """
        UPDATE zaikong_riskwarning w SET level = m.level, closed_date = NULL, observed = m.observed, "limit" = m."limit",
            probability_ppm = m.probability_ppm, exposure_fen = m.exposure_fen, expected_loss_fen = m.expected_loss_fen,
            level_before = CASE m.move WHEN 'keep' THEN w.level_before WHEN 'reopen' THEN 0 ELSE w.level END,
            level_date = CASE WHEN m.move = 'keep' THEN w.level_date ELSE %s END,
            next_step = CASE WHEN m.move = 'keep' THEN w.next_step ELSE m.next_step END,
            deadline = CASE WHEN m.move = 'keep' THEN w.deadline ELSE m.deadline END,
            handled_note = CASE WHEN m.move IN ('raise', 'reopen') THEN '' ELSE w.handled_note END
        FROM warning_moved m WHERE m.warning = w.id AND m.move <> 'close'
        """,
        [as_of],
    )


def expect_losses(rows: pl.DataFrame) -> int:
    """Write what is expected to be lost beside each account's standing: `account`, `probability_ppm`, `expected_loss_fen`."""
    types = {"account": "bigint", "probability_ppm": "integer", "expected_loss_fen": "bigint"}
    bulk.stage(rows.select(list(types)), "loss_expected", types)
    return bulk.execute(
        "UPDATE zaikong_creditstanding s SET probability_ppm = m.probability_ppm, "
        "expected_loss_fen = m.expected_loss_fen FROM loss_expected m WHERE m.account = s.account_id"
    )

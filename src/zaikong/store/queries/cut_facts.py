"""What do the tables say of an account at the moment its supply may be cut, and what proves it?

Asked for the accounts staged in `cut_asked`. A moment is microseconds by the clock on the wall in Asia/Shanghai, 0 where
the thing is known not to have happened.
"""

from datetime import datetime

import polars as pl

from zaikong.kernel.period import TIME_ZONE
from zaikong.store import bulk
from zaikong.store.queries.balances import AVAILABLE_NOW, TAKEN_BACK

ASKED = {"account": "bigint", "cut_order": "bigint"}
"""Columns of a question: the account, and the cut order whose notices and approvals count, null for the newest."""

FACTS = {
    "account": pl.Int64,
    "account_no": pl.String,
    "regime": pl.String,
    "resident": pl.Boolean,
    "important_user": pl.String,
    "oldest_due_day": pl.Int64,
    "unpaid_fen": pl.Int64,
    "notice": pl.Int64,
    "notice_at": pl.Int64,
    "final_notice_at": pl.Int64,
    "copied_at": pl.Int64,
    "disputed": pl.Boolean,
    "in_transit": pl.Boolean,
    "instalment_honoured": pl.Boolean,
    "protected_by": pl.String,
    "vulnerable_reviewed": pl.Boolean,
    "agreement_signed": pl.Boolean,
    "available_fen": pl.Int64,
    "overdraft_limit_fen": pl.Int64,
    "warnings_known": pl.Boolean,
    "human_confirmed": pl.Boolean,
}
"""Facts as stored; `protected_by` names reasons with commas. What a prepaid cut asks may be null: it is not known."""

STALE_AFTER_DAYS = 3
"""An estimate older than this is none: nights that did not run know nothing of the balance [day]."""

PROOFS = {
    "account": pl.Int64,
    "evidence": pl.String,
    "evidence_at": pl.Int64,
    "role": pl.String,
    "source": pl.String,
    "number": pl.String,
    "sha256": pl.String,
}
"""What happened, when, in which table it stands under which number, and the hashes that prove it, with commas."""


def stage(asked: pl.DataFrame, *, at: datetime, final_by: datetime) -> None:
    """Put the question.

    Args:
        asked: Rows of `account` and `cut_order`.
        at: The moment of the cut; nothing later counts.
        final_by: By when a last notice must have been served; of several the newest in time counts.
    """
    bulk.stage(asked.select(list(ASKED)), "cut_asked", ASKED)
    bulk.execute("ANALYZE cut_asked")
    moments = {"at": at, "final_by": final_by}
    moment = pl.DataFrame({name: [value.astimezone(TIME_ZONE).isoformat()] for name, value in moments.items()})
    bulk.stage(moment, "cut_moment", dict.fromkeys(moments, "timestamptz"))


def facts() -> pl.DataFrame:
    """One row an account staged, with the columns of `FACTS`."""
    return bulk.fetch(_FACTS, FACTS)


def proofs() -> pl.DataFrame:
    """Rows of proof with the columns of `PROOFS`.

    Kinds are `demand`, `warning`, `notice`, `final_notice`, `copy`, `approval`, `review`.
    """
    return bulk.fetch(_PROOFS, PROOFS)


def _moment(column: str) -> str:
    return f"(extract(epoch FROM ({column} AT TIME ZONE 'Asia/Shanghai')) * 1000000)::bigint"


_AT = "(SELECT at FROM cut_moment)"
_TODAY = f"({_AT} AT TIME ZONE 'Asia/Shanghai')::date"

_ASKED = f"""
    asked AS (
        SELECT q.account, q.cut_order, o.notice_id AS order_notice, o.planned_at, o.approvals_needed,
               c.id AS case_id, c.episode
        FROM cut_asked q
        LEFT JOIN zaikong_cutorder o ON o.id = q.cut_order
        LEFT JOIN zaikong_collectioncase c
            ON c.id = o.case_id OR (o.case_id IS NULL AND c.account_id = q.account AND c.state <> 'closed')
    ),
    served AS (
        SELECT a.account, n.id AS notice, n.notice_no, n.kind, n.planned_cut_at, n.contents_sha256,
               s.id AS service, s.served_at
        FROM asked a
        JOIN zaikong_notice n ON n.case_id = a.case_id AND n.episode = a.episode AND n.state <> 'void'
        JOIN zaikong_noticeservice s ON s.notice_id = n.id AND s.served_at <= {_AT}
    ),
    stop AS (
        SELECT DISTINCT ON (v.account) v.* FROM served v JOIN asked a USING (account)
        WHERE v.kind = 'stop' AND (a.order_notice IS NULL OR v.notice = a.order_notice)
        ORDER BY v.account, v.planned_cut_at DESC, v.served_at
    ),
    final AS (
        SELECT DISTINCT ON (v.account) v.* FROM served v JOIN stop s USING (account)
        WHERE v.kind = 'final' AND v.planned_cut_at = s.planned_cut_at
        ORDER BY v.account, v.served_at <= (SELECT final_by FROM cut_moment) DESC, v.served_at DESC
    ),
    copied AS (
        SELECT DISTINCT ON (s.account) s.account, s.notice, y.id AS copy, y.copied_at, y.evidence_id
        FROM stop s JOIN zaikong_authoritycopy y ON y.notice_id = s.notice AND y.copied_at <= {_AT}
        ORDER BY s.account, y.copied_at
    ),
    spoken AS (
        SELECT a.account, p.id AS approval, p.role, p.at, p.approver_id
        FROM asked a JOIN zaikong_cutapproval p ON p.order_id = a.cut_order AND p.at <= {_AT}
        WHERE p.approved
          AND NOT EXISTS (SELECT 1 FROM zaikong_cutapproval r WHERE r.order_id = a.cut_order AND NOT r.approved)
          AND a.approvals_needed <= (SELECT count(DISTINCT d.approver_id) FROM zaikong_cutapproval d
                                     WHERE d.order_id = a.cut_order AND d.approved AND d.at <= {_AT})
    ),
    estimated AS (
        -- the last night's word on a balance; the limit is unknown where an agreement was signed since
        SELECT a.account, b.fallen_at, b.overdraft_limit_fen, {AVAILABLE_NOW} AS available_fen,
            NOT EXISTS (SELECT 1 FROM zaikong_prepaymentagreement g WHERE g.account_id = a.account
                AND g.state = 'in_force' AND g.from_date > b.as_of_date) AS terms_known,
            -- money taken back since: whoever was warned may have thought it paid
            EXISTS (SELECT 1 FROM zaikong_paymentchange c JOIN zaikong_payment p ON p.id = c.payment_id
                WHERE p.account_id = a.account AND {TAKEN_BACK}
                AND c.booked_date > (b.fallen_at AT TIME ZONE 'Asia/Shanghai')::date) AS taken_back
        FROM asked a JOIN zaikong_prepaidbalance b ON b.account_id = a.account
            AND b.as_of_date BETWEEN {_TODAY} - {STALE_AFTER_DAYS} AND {_TODAY}
    ),
    told AS (
        -- a message counts where it says it was delivered, of the present fall or of this very order
        SELECT t.account_id AS account, t.kind, m.id AS message, m.delivered_at, m.body FROM asked a
        JOIN zaikong_balancemessage t ON t.account_id = a.account
        JOIN zaikong_outboundmessage m ON m.id = t.message_id AND m.state = 'delivered' AND m.delivered_at <= {_AT}
        LEFT JOIN estimated e ON e.account = a.account
        WHERE (t.kind = 'pre_cut' AND t.order_id = a.cut_order)
            OR (t.kind = 'warning' AND t.fallen_at = e.fallen_at AND NOT e.taken_back)
    ),
    last_word AS (
        SELECT DISTINCT ON (t.account) t.* FROM told t WHERE t.kind = 'pre_cut'
        ORDER BY t.account, t.delivered_at <= (SELECT final_by FROM cut_moment) DESC, t.delivered_at DESC
    ),
    reviewed AS (
        SELECT DISTINCT ON (a.account) a.account, w.id AS review, w.reviewed_at, w.outcome, w.evidence_id
        FROM asked a JOIN zaikong_vulnerablereview w ON w.account_id = a.account
            AND w.reviewed_at <= {_AT} AND w.valid_to_at > {_AT}
        ORDER BY a.account, w.reviewed_at DESC, w.id DESC
    )
"""

_FINAL_NOTICE = f"""
    coalesce(CASE WHEN x.payment_mode = 'prepaid' THEN {_moment("u.delivered_at")} ELSE {_moment("f.served_at")} END, 0)
"""

_FACTS = f"""
    WITH {_ASKED},
    money AS (
        SELECT e.account, e.available_fen,
            CASE WHEN e.terms_known THEN e.overdraft_limit_fen END AS overdraft_limit_fen,
            EXISTS (SELECT 1 FROM zaikong_humanconfirmation h WHERE h.account_id = e.account
                AND h.at >= e.fallen_at AND h.at <= {_AT} AND h.valid_to_at > {_AT} AND NOT e.taken_back) AS confirmed
        FROM estimated e
    ),
    owed AS (
        -- money that lies prepaid pays the oldest bills first, whether or not the night has applied it yet; supply is cut
        -- for what the notice of cutting named, not for what came later
        SELECT r.account, min(r.due_date) AS oldest_due,
               sum(least(r.open_fen, r.running_fen - r.prepaid_fen))::bigint AS unpaid_fen
        FROM (
            SELECT i.account_id AS account, i.bill_id, i.due_date, i.open_fen, coalesce(b.prepaid_fen, 0) AS prepaid_fen,
                   sum(i.open_fen) OVER (PARTITION BY i.account_id ORDER BY i.due_date, i.bill_id) AS running_fen
            FROM zaikong_openitem i JOIN asked a ON a.account = i.account_id
            LEFT JOIN zaikong_accountbalance b ON b.account_id = i.account_id
            WHERE i.open_fen > 0 AND NOT i.disputed
        ) r LEFT JOIN stop s ON s.account = r.account
        WHERE r.running_fen > r.prepaid_fen AND (s.notice IS NULL OR EXISTS (
            SELECT 1 FROM zaikong_noticeitem n WHERE n.notice_id = s.notice AND n.bill_id = r.bill_id))
        GROUP BY r.account
    ),
    shielded AS (
        SELECT account, string_agg(DISTINCT reason, ',' ORDER BY reason) AS reasons FROM (
            SELECT a.account, p.reason FROM asked a JOIN zaikong_protection p ON p.account_id = a.account
                AND p.from_at <= {_AT} AND p.to_at > {_AT} AND (p.ended_at IS NULL OR p.ended_at > {_AT})
            UNION ALL
            SELECT a.account, 'pause' FROM asked a JOIN zaikong_casepause p ON p.case_id = a.case_id
                AND p.from_date <= {_TODAY}
                AND coalesce(p.ended_date, p.to_date) > {_TODAY}
            UNION ALL
            -- open until the night has seen its days of grace through and calls it broken
            SELECT a.account, 'promise' FROM asked a JOIN zaikong_promisetopay p ON p.case_id = a.case_id
                AND p.state = 'open'
            UNION ALL
            SELECT r.account, 'vulnerable' FROM reviewed r WHERE r.outcome = 'protect'
            UNION ALL
            SELECT a.account, 'bankruptcy' FROM asked a JOIN zaikong_account x ON x.id = a.account
                AND x.bankruptcy_accepted_date <= {_TODAY}
        ) s GROUP BY account
    )
    SELECT x.id, x.account_no, x.payment_mode, x.category = 'residential', x.important_grade,
        coalesce(w.oldest_due - DATE '1970-01-01', 0), coalesce(w.unpaid_fen, 0),
        s.notice, coalesce({_moment("s.served_at")}, 0), {_FINAL_NOTICE},
        coalesce({_moment("y.copied_at")}, 0),
        EXISTS (SELECT 1 FROM zaikong_dispute d WHERE d.account_id = x.id AND d.state = 'open')
            OR EXISTS (SELECT 1 FROM zaikong_openitem i WHERE i.account_id = x.id AND i.open_fen > 0 AND i.disputed),
        EXISTS (SELECT 1 FROM zaikong_payment p WHERE p.state IN ('in_transit', 'unallocated')
            AND (p.account_id = x.id OR (p.account_id IS NULL AND p.account_no_given = x.account_no))),
        EXISTS (SELECT 1 FROM zaikong_instalmentagreement g WHERE g.account_id = x.id AND g.state = 'active'),
        coalesce(h.reasons, ''), coalesce(v.outcome = 'may_proceed', false),
        EXISTS (SELECT 1 FROM zaikong_prepaymentagreement g WHERE g.account_id = x.id AND g.state = 'in_force'
            AND g.from_date <= {_TODAY})
        OR EXISTS (SELECT 1 FROM zaikong_supplycontract k WHERE k.account_id = x.id AND k.state = 'in_force'
            AND k.from_date <= {_TODAY} AND k.terms ->> 'payment_mode' = 'prepaid'),
        n.available_fen, n.overdraft_limit_fen, CASE WHEN n.account IS NOT NULL THEN true END,
        CASE WHEN n.account IS NOT NULL THEN n.confirmed END
    FROM asked a
    JOIN zaikong_account x ON x.id = a.account
    LEFT JOIN owed w ON w.account = x.id
    LEFT JOIN stop s ON s.account = x.id
    LEFT JOIN final f ON f.account = x.id
    LEFT JOIN copied y ON y.account = x.id
    LEFT JOIN shielded h ON h.account = x.id
    LEFT JOIN reviewed v ON v.account = x.id
    LEFT JOIN money n ON n.account = x.id
    LEFT JOIN last_word u ON u.account = x.id
    ORDER BY x.id
"""

_HASHES_OF_SERVICE = """
    (SELECT string_agg(e.sha256, ',' ORDER BY e.id) FROM zaikong_serviceevidence t
     JOIN zaikong_evidence e ON e.id = t.evidence_id WHERE t.service_id = v.service)
"""

_PROOFS = f"""
    WITH {_ASKED}
    SELECT account, evidence, evidence_at, role, source, number, sha256 FROM (
        SELECT v.account, 'demand' AS evidence, {_moment("v.served_at")} AS evidence_at, '' AS role,
            'notice' AS source, v.notice_no AS number,
            concat_ws(',', v.contents_sha256, {_HASHES_OF_SERVICE}) AS sha256
        FROM served v WHERE v.kind = 'demand'
        UNION ALL
        SELECT a.account, 'demand', {_moment("m.delivered_at")}, '', 'message', m.id::text,
            encode(sha256(convert_to(m.body, 'UTF8')), 'hex')
        FROM asked a
        JOIN zaikong_messageitem t ON t.case_id = a.case_id
        JOIN zaikong_outboundmessage m ON m.id = t.message_id AND m.state = 'delivered' AND m.statutory
            AND m.delivered_at <= {_AT}
        GROUP BY a.account, m.id
        UNION ALL
        SELECT v.account, CASE v.kind WHEN 'stop' THEN 'notice' ELSE 'final_notice' END, {_moment("v.served_at")}, '',
            'notice', v.notice_no, concat_ws(',', v.contents_sha256, {_HASHES_OF_SERVICE})
        FROM served v
        WHERE v.service IN (SELECT service FROM stop UNION ALL SELECT service FROM final)
        UNION ALL
        SELECT t.account, CASE t.kind WHEN 'warning' THEN 'warning' ELSE 'final_notice' END, {_moment("t.delivered_at")},
            '', 'message', t.message::text, encode(sha256(convert_to(t.body, 'UTF8')), 'hex')
        FROM told t
        WHERE t.kind = 'warning' OR t.message IN (SELECT message FROM last_word)
        UNION ALL
        SELECT y.account, 'copy', {_moment("y.copied_at")}, '', 'authority_copy', y.copy::text, coalesce(e.sha256, '')
        FROM copied y LEFT JOIN zaikong_evidence e ON e.id = y.evidence_id
        UNION ALL
        SELECT p.account, 'approval', {_moment("p.at")}, p.role, 'cut_approval', p.approval::text, ''
        FROM spoken p
        UNION ALL
        SELECT r.account, 'review', {_moment("r.reviewed_at")}, '', 'vulnerable_review', r.review::text,
            coalesce(e.sha256, '')
        FROM reviewed r LEFT JOIN zaikong_evidence e ON e.id = r.evidence_id
        WHERE r.outcome = 'may_proceed'
    ) every_proof
    ORDER BY account, evidence, evidence_at, source, number
"""

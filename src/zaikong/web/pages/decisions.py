"""What was decided, by whom, and is the log of it whole?"""

import json
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from zaikong.application.roles import permission
from zaikong.kernel import chain
from zaikong.kernel.chain import Anchor
from zaikong.kernel.period import date_of_day
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import decision_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.web import asked, decision_words
from zaikong.web.frame import page, page_number, shown

_VIEW: Final = permission("view_decisionrecord")
_SHOWN_FAULTS: Final = 20
_LAST_DAY: Final = 100_000


class UnableToReadAnchorError(Refusal):
    """What was typed is no record of a head."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What the verifier says.

    Attributes:
        records: Records read.
        head: The log's head, `SEQ:HASH`.
        faults: The first faults, one line each.
        more: How many faults are not shown.
        anchor: The head kept elsewhere that was compared, empty for none.
    """

    records: int
    head: str
    faults: tuple[str, ...]
    more: int
    anchor: str


@page(_VIEW, county=True)
@require_http_methods(["GET", "HEAD", "POST"])
def decisions_page(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """Records, the last first; posted, the whole log is verified, against a head kept elsewhere if one is given."""
    from zaikong.application.decision_log import head  # noqa: PLC0415 -- loads the log on first use

    verified, refusal = None, None
    if request.method == "POST":
        try:
            verified = _verified(asked.text(request.POST, "anchor"))
        except Refusal as error:
            refusal = error
    chosen = queries.Chosen(
        kind=asked.text(request.GET, "kind"),
        subject=asked.text(request.GET, "subject"),
        from_date=asked.day(request.GET, "from"),
        to_date=asked.day(request.GET, "to"),
    )
    rows = queries.records(chosen, page=page_number(request))
    last = head()
    return shown(
        request,
        "zaikong/decisions.html",
        title=_("Decision log"),
        status=409 if refusal else 200,
        scope=scope,
        chosen=chosen,
        rows=rows,
        table=[(row, _body(row.record)) for row in rows.object_list],
        kinds=[(code, decision_words.kind(code), count) for code, count in queries.kinds()],
        head=f"{last.seq}:{last.hash}" if last.seq else "",
        verified=verified,
        refusal=refusal,
    )


@page(_VIEW, county=True)
@require_GET
def decisions_export(_request: HttpRequest, *, scope: Scope) -> HttpResponseBase:
    """The whole log as lines of JSON with its seal, as `zaikong audit verify` reads it."""
    from zaikong.application.decision_log import head, lines  # noqa: PLC0415 -- as above

    del scope  # the log is the county's; `county=True` lets nobody else in
    last = head()
    return StreamingHttpResponse(
        lines(last=last.seq),
        content_type="application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="decision-log-{last.seq}.jsonl"'},
    )


def _verified(anchor: str) -> Verified:
    from zaikong.application.decision_log import verify_store  # noqa: PLC0415 -- as above

    found = verify_store(anchors=[_anchor(anchor)] if anchor else [])
    told = tuple(chain.fault_text(fault) for fault in found.faults)
    return Verified(
        found.records, f"{found.last}:{found.head}", told[:_SHOWN_FAULTS], max(len(told) - _SHOWN_FAULTS, 0), anchor
    )


def _anchor(text: str) -> Anchor:
    try:
        return chain.read_anchor(text)
    except ValueError as error:
        raise UnableToReadAnchorError(
            _("This is no head of the log."), code="ANCHOR_UNREADABLE", remedy=_("Write NUMBER:HASH as it was noted.")
        ) from error


def _body(record: str) -> list[tuple[str, str]]:
    """Words and figures of a record; a record made unreadable in its table shows as it stands."""
    try:
        body: dict[str, Any] = json.loads(record)["body"]
    except (ValueError, KeyError, TypeError):
        return [("", record)]
    return [(name, _written(name, value)) for name, value in body.items()]


def _written(name: str, value: Any) -> str:
    if name.endswith("_day") and type(value) is int and 0 < value < _LAST_DAY:
        return date_of_day(value).isoformat()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

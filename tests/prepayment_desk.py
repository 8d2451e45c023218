"""Customers who pay ahead, for the tests of prepayment: their agreements, their papers, their meters."""

import hashlib
from datetime import date, datetime
from itertools import count

from ledger_desk import entitled
from zaikong.application.prepayment.agreements import draft_agreement, sign_agreement
from zaikong.kernel.period import TIME_ZONE
from zaikong.store.models import Account, AccountExposure, Evidence, Meter, Staff

_serial = count(1)


def paper(kind="signature", content=None):
    """A proof, such as the paper a customer signed."""
    content = content or f"%PDF-{next(_serial)}".encode()
    return Evidence.objects.create(
        kind=kind,
        sha256=hashlib.sha256(content).hexdigest(),
        media_type="application/pdf",
        content=content,
        added_at=datetime(2025, 1, 1, tzinfo=TIME_ZONE),
    )


def staff_of(username, *rights):
    """A member of staff with these rights, made once."""
    return Staff.objects.filter(username=username).first() or entitled(username, *rights)


def drafted(account, staff, *, at, **terms):
    return draft_agreement(account_no=account.account_no, staff=staff, at=at, **{"phone": "13800000000"} | terms)


def signed(draft, signer, *, at, **changed):
    asked = {
        "agreement_no": draft.agreement_no,
        "signed_by_name": "李光明",
        "explained": True,
        "from_date": at.astimezone(TIME_ZONE).date() if at.tzinfo else at.date(),
        "staff": signer,
        "at": at,
    } | changed
    if "evidence" not in asked:
        asked["evidence"] = paper().pk
    return sign_agreement(**asked)


def agreement(account, *, at, from_date=None, **terms):
    """A signed agreement."""
    draft = drafted(account, staff_of("drafter", "draft_prepaymentagreement"), at=at, **terms)
    more = {} if from_date is None else {"from_date": from_date}
    return signed(draft, staff_of("signing", "sign_prepaymentagreement"), at=at, **more)


def prepaid_account(account, *, at, **terms):
    """The account pays ahead by a signed agreement, as after its switch."""
    made = agreement(account, at=at, **terms)
    Account.objects.filter(pk=account.pk).update(payment_mode="prepaid")
    account.refresh_from_db()
    return made


def with_relay(account, meter_no="3700000001"):
    """A meter that can be commanded."""
    return Meter.objects.create(
        meter_no=meter_no, account=account, protocol="dlt645", relay="internal", installed_date=date(2024, 1, 1)
    )


def estimated(account, fen=0, *, as_of):
    """What the night found used and not yet billed."""
    row, _ = AccountExposure.objects.update_or_create(
        account=account, defaults={"as_of_date": as_of, "unbilled_fen": fen}
    )
    return row

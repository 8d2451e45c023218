"""A prepaid firm below its limit that was warned in time, for the tests of its cut."""

from django.contrib.auth.models import Group

from balance_desk import MONDAY, after, delivered, messages, moment, night, pay, prepaid_account
from ledger_desk import entitled
from zaikong.application.balances.last_notice import order_last_notice
from zaikong.application.balances.proposing import propose_prepaid_cut
from zaikong.application.cutting.asking import may_cut
from zaikong.application.cutting.orders import decide_cut
from zaikong.store.models import OutboundMessage, Staff, VulnerableReview

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (after(MONDAY, days) for days in (1, 2, 3, 4))
PLANNED = moment(THURSDAY)


def warned(account_no="4100000001", **terms):
    """Below its limit since Monday's night, told on Tuesday morning, still below on Tuesday's night."""
    return all_warned(account_no, **terms)[0]


def all_warned(*account_nos, money=4_000, use=5_000, **terms):
    """Several accounts, as `warned`."""
    facts = {"category": "business", "strategy": "lv_non_resident"} | terms
    accounts = [prepaid_account(number, **facts) for number in account_nos]
    for account in accounts:
        if money:
            pay(account, money, MONDAY)
    night(MONDAY, *((account, use) for account in accounts))
    for account in accounts:
        for message in messages(account):
            delivered(message, moment(TUESDAY, "08:31"))
    night(TUESDAY, *((account, use) for account in accounts))
    return accounts


def person(name, role):
    staff = entitled(name)
    staff.groups.add(Group.objects.get(name=role))
    return Staff.objects.get(pk=staff.pk)


def approved(account, *, planned=PLANNED):
    """An order that two people approved on Wednesday."""
    order = propose_prepaid_cut(account=account.pk, staff=None, at=moment(TUESDAY, "23:59"), planned_at=planned).order
    for name, role in (("first", "manager"), ("second", "director")):
        decide_cut(order=order, approve=True, staff=person(name, role), at=moment(WEDNESDAY, "15:00"))
    return order


def told(order, *, at=None):
    """Its last notice, delivered 85 minutes before the planned time."""
    message = order_last_notice(order=order, at=moment(WEDNESDAY, "15:01"))
    return delivered(OutboundMessage.objects.get(pk=message.pk), at or moment(THURSDAY, "08:35"))


def reviewed(account):
    """Somebody looked for hardship and found none."""
    return VulnerableReview.objects.create(
        account=account,
        reviewed_at=moment(MONDAY),
        valid_to_at=moment(after(MONDAY, 60)),
        outcome="may_proceed",
        note="looked",
        reviewer=person("reviewer", "manager"),
    )


def asked(account, order=None, *, at=PLANNED):
    (answer,) = may_cut([(account.pk, order)], at=at)
    return answer


def reasons(answer):
    return [failed.reason for failed in answer.failed]

"""Addresses of the pages."""

from datetime import date

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, register_converter

from zaikong.web.pages import (
    accounts,
    bill_runs,
    bills,
    breaches,
    cases,
    certificates,
    closes,
    contracts,
    counter,
    credit,
    cuts,
    day,
    decisions,
    devices,
    fairness,
    fee_control,
    first_grades,
    guarantees,
    held_bill,
    limitation,
    notices,
    prepayment,
    score,
    search,
    signals,
    strategy,
    waivers,
    warnings,
)


class BusinessDate:
    """A date in an address, such as `2025-07-31`."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        """The date; a day the calendar does not have matches no address."""
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        """ISO form."""
        return value.isoformat()


class AccountNumber:
    """An account number in an address."""

    regex = r"[^/\x00-\x1f]{1,40}"

    def to_python(self, value: str) -> str:
        """As it stands."""
        return value

    def to_url(self, value: str) -> str:
        """As it stands."""
        return value


class BillingMonth:
    """A month in an address, such as `202507`."""

    regex = r"\d{4}(?:0[1-9]|1[0-2])"

    def to_python(self, value: str) -> int:
        """YYYYMM."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Six digits."""
        return f"{value:06d}"


class NoticeNumber(AccountNumber):
    """The number of a notice in an address."""

    regex = r"[^/\x00-\x1f]{1,30}"


class NoticeForm(AccountNumber):
    """A notice as PDF or Word, or its receipt slip."""

    regex = "pdf|word|slip"


class ContractForm(AccountNumber):
    """A contract as PDF or Word."""

    regex = "pdf|word"


register_converter(AccountNumber, "account")
register_converter(BusinessDate, "day")
register_converter(BillingMonth, "month")
register_converter(ContractForm, "contract_form")
register_converter(NoticeForm, "notice_form")
register_converter(NoticeNumber, "notice")

urlpatterns: list[URLPattern | URLResolver] = [
    path("language/", include("django.conf.urls.i18n")),
    path("accounts/", search.search_page, name="search"),
    path("accounts/<account:account_no>/", accounts.account_bills, name="account"),
    path("accounts/<account:account_no>/ledger/", accounts.account_ledger, name="account_ledger"),
    path("accounts/<account:account_no>/statement/", accounts.account_statement, name="account_statement"),
    path("accounts/<account:account_no>/payments/", accounts.account_payments, name="account_payments"),
    path("accounts/<account:account_no>/use/", accounts.account_use, name="account_use"),
    path("accounts/<account:account_no>/findings/", accounts.account_findings, name="account_findings"),
    path("accounts/<account:account_no>/credit/", credit.account_credit, name="account_credit"),
    path("accounts/<account:account_no>/credit/reasons/", credit.account_reasons, name="account_reasons"),
    path("accounts/<account:account_no>/ahead/", strategy.account_ahead, name="account_ahead"),
    path("accounts/<account:account_no>/collection/", cases.account_collection, name="account_collection"),
    path("accounts/<account:account_no>/contracts/", contracts.account_contracts, name="account_contracts"),
    path("accounts/<account:account_no>/contracts/draft/", contracts.contract_draft, name="contract_draft"),
    path("accounts/<account:account_no>/prepayment/", prepayment.account_prepayment, name="account_prepayment"),
    path(
        "accounts/<account:account_no>/prepayment/<notice:agreement_no>/pdf/",
        prepayment.agreement_file,
        name="agreement_file",
    ),
    path("bills/<int:bill_id>/", bills.bill_page, name="bill"),
    path("bill-runs/", bill_runs.run_list, name="bill_runs"),
    path("bill-runs/<int:run_id>/", bill_runs.run_page, name="bill_run"),
    path("held-bills/", bill_runs.held_list, name="held_bills"),
    path("held-bills/<int:draft_id>/", held_bill.held_bill, name="held_bill"),
    path("counter/", counter.counter_page, name="counter"),
    path("receipts/<int:payment_id>/", counter.receipt_page, name="receipt"),
    path("day/", day.day_page, name="day"),
    path("cases/", cases.case_list, name="cases"),
    path("cases/<int:case_id>/", cases.case_page, name="case"),
    path("cases/<int:case_id>/ladder/", cases.case_ladder, name="case_ladder"),
    path("evidence/<int:evidence_id>/", cases.evidence_file, name="evidence"),
    path("waivers/", waivers.waivers_page, name="waivers"),
    path("first-grades/", first_grades.application_list, name="first_grades"),
    path("first-grades/overrides/", first_grades.override_page, name="first_grade_overrides"),
    path("first-grades/<int:application_id>/", first_grades.application_page, name="first_grade"),
    path("contracts/<int:contract_id>/", contracts.contract_page, name="contract"),
    path("contracts/<int:contract_id>/<contract_form:form>/", contracts.contract_file, name="contract_file"),
    path("guarantees/", guarantees.guarantees_page, name="guarantees"),
    path("notices/", notices.notices_page, name="notices"),
    path("notices/<notice:notice_no>/", notices.notice_page, name="notice"),
    path("notices/<notice:notice_no>/<notice_form:form>/", notices.notice_file, name="notice_file"),
    path("proofs/<int:evidence_id>/", notices.proof_file, name="proof"),
    path("limitation/", limitation.limitation_page, name="limitation"),
    path("fee-control/", fee_control.fee_control_page, name="fee_control"),
    path("fee-control/field-orders/<int:order_id>/photo/", fee_control.field_photo, name="field_photo"),
    path("meters/<account:meter_no>/", devices.device_page, name="device"),
    path("meters/<account:meter_no>/read/", devices.live_read, name="live_read"),
    path("breaches/", breaches.breaches_page, name="breaches"),
    path("cuts/", cuts.cuts_page, name="cuts"),
    path("cuts/<int:order_id>/", cuts.cut_page, name="cut"),
    path("certificates/", certificates.certificate_list, name="certificates"),
    path("certificates/<int:certificate_id>/", certificates.certificate_page, name="certificate"),
    path("certificates/<int:certificate_id>/pdf/", certificates.certificate_pdf, name="certificate_pdf"),
    path("certificates/<int:certificate_id>/json/", certificates.certificate_json, name="certificate_json"),
    path("strategy/", strategy.strategy_page, name="strategy"),
    path("decisions/", decisions.decisions_page, name="decisions"),
    path("decisions/export/", decisions.decisions_export, name="decisions_export"),
    path("fairness/", fairness.fairness_page, name="fairness"),
    path("score/", score.score_page, name="score"),
    path("warnings/", warnings.warnings_page, name="warnings"),
    path("signals/", signals.signals_page, name="signals"),
    path("day-books/", closes.day_book_last, name="day_book_last"),
    path("day-books/<day:business_date>/", closes.day_book_page, name="day_book"),
    path("month-closes/", closes.month_close_last, name="month_close_last"),
    path("month-closes/<month:month>/", closes.month_close_page, name="month_close"),
    path("", admin.site.urls),
]

handler403 = "zaikong.web.pages.refused.forbidden"
handler404 = "zaikong.web.pages.refused.not_found"

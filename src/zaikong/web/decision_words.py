"""What does the kind of a record of the decision log say to a reader? A kind without words is shown as it is."""

from django.utils.translation import gettext_lazy as _

from zaikong.web import labels

KINDS: labels.Words = {
    "log_opened": _("log opened"),
    "evidence": _("evidence of a certificate"),
    "legality_certificate": _("legality certificate issued"),
    "grade_move": _("grade moved"),
    "grade_night": _("night of grades"),
    "bill_corrected": _("bill corrected"),
    "held_bill_decided": _("held bill decided"),
    "payment_changed": _("payment changed by hand"),
    "waiver_decided": _("waiver decided"),
    "signal_decided": _("signal decided"),
    "first_grade_overridden": _("first grade overridden"),
    "notice_issued": _("notice issued"),
    "notice_served": _("notice served"),
    "notice_copied": _("notice copied to the authority"),
    "notice_voided": _("notice voided"),
    "cut_proposed": _("cut proposed"),
    "cut_decided": _("cut approved or refused"),
    "cut_cancelled": _("cut cancelled"),
    "cut_expired": _("cut expired"),
    "cuts_stopped": _("all cuts stopped"),
    "cuts_released": _("cuts let go on"),
    "case_paused": _("case paused"),
    "dispute_decided": _("dispute decided"),
    "home_reviewed": _("review of a vulnerable home"),
    "instalments_approved": _("instalments approved"),
    "prepayment_drafted": _("prepayment agreement drafted"),
    "prepayment_signed": _("prepayment agreement signed"),
    "prepayment_withdrawn": _("draft of a prepayment agreement withdrawn"),
    "prepayment_ended": _("prepayment agreement ended"),
    "refund_requested": _("refund of prepaid money asked for"),
    "refund_decided": _("refund of prepaid money approved or refused"),
    "refund_paid": _("refund of prepaid money paid out"),
    "refund_claim_settled": _("claim for a refund settled"),
    "switch_ordered": _("switch of payment mode ordered"),
    "switch_approved": _("switch of payment mode approved"),
    "switch_cancelled": _("switch of payment mode cancelled"),
    "payment_mode_switched": _("payment mode switched"),
    "breach_decided": _("own breach in cutting decided"),
    "breach_made_good": _("own breach in cutting made good"),
}


def kind(code: str) -> str:
    """What was decided."""
    return str(KINDS.get(code, code))

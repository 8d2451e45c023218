"""How are refusals, standings and proofs of notices, contracts, guarantees and limitation said to a reader?

A code without words is shown as it is, with what the verb says of it.
"""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from zaikong.web import labels

STANDINGS: labels.Words = {
    "self": gettext_lazy("the customer"),
    "adult_family": gettext_lazy("an adult relative of the same home"),
    "legal_representative": gettext_lazy("the legal representative"),
    "head": gettext_lazy("the head of the organisation"),
    "mail_room": gettext_lazy("the mail room"),
    "authorised": gettext_lazy("a person authorised to receive"),
}
"""Who may sign for a notice."""

_OF_PERSONS: Final = ("self", "adult_family")

EVIDENCE_KINDS: labels.Words = {
    "signature": gettext_lazy("signed receipt slip"),
    "photo": gettext_lazy("photo"),
    "video": gettext_lazy("film"),
    "receipt": gettext_lazy("receipt of the post"),
    "delivery_report": gettext_lazy("delivery report of a message"),
    "recording": gettext_lazy("recording of a call"),
    "document": gettext_lazy("paper"),
}
"""What a file is, by the kind it is kept under."""

NOTICE_STATES: labels.Words = {
    "issued": pgettext_lazy("notice", "not yet served"),
    "served": pgettext_lazy("notice", "served"),
    "void": pgettext_lazy("notice", "void"),
}

SEVERITIES: labels.Words = {
    "unlawful": gettext_lazy("unlawful"),
    "missing": gettext_lazy("missing"),
    "warning": gettext_lazy("unwise"),
}

SEVERITY_MARKS: Final[Mapping[str, str]] = {"unlawful": "zk-bad", "missing": "zk-bad", "warning": "zk-warn"}

ENDINGS: labels.Words = {
    "cover": gettext_lazy("covers no debt from then on"),
    "claim": gettext_lazy("can no longer be called"),
}
"""What ends on a rung of the ladder of guarantees."""

_RECORDED: labels.Words = {
    "notice": gettext_lazy("notice"),
    "payment": gettext_lazy("payment"),
    "message": gettext_lazy("message"),
    "record": gettext_lazy("record"),
}

REMEDIES: labels.Words = {
    "ACCOUNT_DISPUTED": gettext_lazy("The account disputes all its bills. Decide the dispute first."),
    "ACCOUNT_UNKNOWN": gettext_lazy("No account with this number is in your sight. Check the number."),
    "AUTHORITY_MISSING": gettext_lazy("The authority is missing. Name it."),
    "BILL_UNKNOWN": gettext_lazy("The account has no such bill. Choose one of its bills."),
    "CALL_UNFIT": gettext_lazy("A notice of cutting is served in writing, not by a call."),
    "CONTENTS_CHANGED": gettext_lazy("The stored notice is not the one that was issued. Call the auditor."),
    "CONTRACT_UNLAWFUL": gettext_lazy("Clauses are missing or unlawful. Mend them in a new version, then sign that."),
    "CUT_TIME_MISSING": gettext_lazy("The day and time of the planned cut are missing. Give both."),
    "CUT_TIME_OTHER": gettext_lazy("The notice of cutting names another time. Name the same."),
    "CUT_TIME_UNWANTED": gettext_lazy("A demand plans no cut. Leave its time empty, or issue a notice of cutting."),
    "CUT_TOO_SOON": gettext_lazy("The cut is planned earlier than the law allows. Plan a later time."),
    "DATE_IN_FUTURE": gettext_lazy("The day is yet to come. Correct it."),
    "DATE_MISSING": gettext_lazy("A day or time is missing or cannot be read. Fill it in."),
    "DATE_WRONG": gettext_lazy("The day of signing lies before the draft or in the future. Correct it."),
    "DEBT_SECURED": gettext_lazy("It still secures what is owed. Call it, or release it."),
    "DOCUMENT_KNOWN": gettext_lazy("A guarantee with this document number is recorded already. Renew or end that one."),
    "DOCUMENT_MISSING": gettext_lazy("A guarantee is in writing: the number of its document is missing."),
    "EVIDENCE_MISSING": gettext_lazy(
        "The proof is missing, or is none for this way. Add the file that fits and say what it is."
    ),
    "EVIDENCE_UNKNOWN": gettext_lazy("The proof is not on file. Add it as a file."),
    "FILE_EMPTY": gettext_lazy("The file is empty. Choose it again."),
    "FILE_TOO_LARGE": gettext_lazy("The file is larger than 10 MB. Take a smaller picture or a shorter recording."),
    "GAP_LEFT": gettext_lazy(
        "Debts between the two guarantees would be secured by neither. Begin when the old one ends."
    ),
    "GUARANTEE_ENDED": gettext_lazy("The guarantee is not in force any more. Record a new one."),
    "GUARANTOR_MISSING": gettext_lazy("The guarantor is missing. Name who stands for it."),
    "GUARANTOR_STATE_ORGAN": gettext_lazy("An organ of the state cannot be a guarantor. Find another."),
    "INTERRUPTION_KNOWN": gettext_lazy("That is written down already."),
    "KIND_UNKNOWN": gettext_lazy("The kind is missing. Choose one."),
    "MAXIMUM_WRONG": gettext_lazy("The maximum is no amount. Write the most it covers."),
    "MESSAGE_NOT_AGREED": gettext_lazy(
        "No contract in force says that a message counts as delivered. Serve the paper, or sign such a contract."
    ),
    "METHOD_UNKNOWN": gettext_lazy("The way of service is missing. Choose one."),
    "MONEY_UNREADABLE": gettext_lazy("The amount cannot be read. Write yuan with at most two decimals."),
    "NOTHING_OVERDUE": gettext_lazy("Nothing undisputed is overdue, so there is nothing to ask for."),
    "NOTHING_TICKED": gettext_lazy("No notice is chosen. Tick those to print."),
    "NOTICE_INCOMPLETE": gettext_lazy("The notice would lack something it must say. Complete the register first."),
    "NOTICE_UNKNOWN": gettext_lazy("No such notice is in your sight. Check the number."),
    "NOTICE_VOID": gettext_lazy("The notice is void. Use the one that replaces it."),
    "NOT_A_DRAFT": gettext_lazy("This version is no draft any more. Draft a new one."),
    "NOT_DEMANDED": gettext_lazy("No demand was served in this case. Serve a demand first."),
    "NOT_ENTITLED": gettext_lazy("Your role may not do this. Ask somebody whose role may."),
    "NOT_YET_EXPIRED": gettext_lazy("It has not run out yet. Wait, or release it."),
    "NOT_YET_IN_FORCE": gettext_lazy("The term begins later. Sign it into the system on that day."),
    "NO_STOP_NOTICE": gettext_lazy("That needs a notice of cutting that was served. Serve it first."),
    "NUMBER_UNREADABLE": gettext_lazy("A number cannot be read. Correct it."),
    "PAYMENT_IN_TRANSIT": gettext_lazy("A payment is on its way. Wait for it."),
    "PAY_BY_WRONG": gettext_lazy("The last day to pay is past, or after the planned cut. Correct it."),
    "PERIOD_WRONG": gettext_lazy("The dates make no period. Correct them."),
    "PREPAID_WAITS": gettext_lazy("The account has prepaid money. Let it pay the bills first."),
    "RATE_CHANGES_ARREARS": gettext_lazy(
        "The new late-fee rate would change what has accrued on overdue bills. Keep the rate, or sign when they are paid."
    ),
    "REASON_MISSING": gettext_lazy("The reason is missing. Say why."),
    "RECEIVER_MISSING": gettext_lazy("Who signed is missing. Name the person and who they are."),
    "RECEIVER_UNFIT": gettext_lazy("Such a person cannot receive the notice. Serve it on somebody who may."),
    "RENEWED_ALREADY": gettext_lazy("It was renewed already. Renew its successor."),
    "SAME_PERSON": gettext_lazy("Who drafted does not sign. Ask another person."),
    "SERVICE_UNKNOWN": gettext_lazy("No notice of the account was served like this. Record the service first."),
    "SIGNER_MISSING": gettext_lazy("Who signed for the customer is missing. Name the person."),
    "STATE_UNKNOWN": gettext_lazy("How it ends is missing. Choose one."),
    "TERMS_WRONG": gettext_lazy("Some terms cannot be read. Correct the fields named."),
    "TIME_WRONG": gettext_lazy("The time lies before the notice was issued, or in the future. Correct it."),
    "TOO_MANY_TICKED": gettext_lazy("More than a thousand notices. Narrow the list and print in parts."),
    "TYPE_MISFIT": gettext_lazy("A file of this type is no proof of this kind. Choose the kind that fits."),
    "TYPE_UNKNOWN": gettext_lazy(
        "The type of the file cannot be told. Send a picture (JPEG, PNG, WebP, HEIC), a PDF, a recording or a film."
    ),
    "WITNESSES_MISSING": gettext_lazy("Two different witnesses are missing. Name them."),
}
"""What is wrong and what to do, by the code of a refusal."""


def remedy(code: str) -> str:
    """A refusal in words, empty for a code nobody has put into words."""
    return str(REMEDIES.get(code, ""))


def standings(*, organisation: bool) -> list[tuple[str, str]]:
    """Who may sign for a person or an organisation."""
    return [(code, str(said)) for code, said in STANDINGS.items() if (code in _OF_PERSONS) != organisation]


def standing(code: str) -> str:
    """Who signed."""
    return str(STANDINGS.get(code, code))


def severity(code: str) -> str:
    """How grave a fault of a clause is."""
    return str(SEVERITIES.get(code, code))


def ending(code: str) -> str:
    """What ends with a guarantee."""
    return str(ENDINGS.get(code, code))


def proof_said(proof: str) -> str:
    """What proves an interruption: `payment 5` or the number of a notice; a dash for nothing."""
    if not proof:
        return "–"
    kind, _blank, number = proof.partition(" ")
    known = number and kind in _RECORDED
    return f"{_RECORDED[kind]} {number}" if known else f"{_('notice')} {proof}"

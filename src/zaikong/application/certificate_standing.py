"""Does an issued certificate still stand against log and rule?"""

from dataclasses import dataclass

from zaikong.application import decision_log
from zaikong.application.certificate_check import recheck
from zaikong.kernel import chain
from zaikong.store.models import LegalityCertificate


@dataclass(frozen=True, slots=True)
class Checked:
    """What the verifier says of a certificate.

    Attributes:
        faults: What is wrong with it or with the log, one line each; empty where all is whole.
        notes: What is no fault but a reader should know.
        records: Records of the log that were read.
        head: The log's head, `SEQ:HASH`.
    """

    faults: tuple[str, ...]
    notes: tuple[str, ...]
    records: int
    head: str


def check_certificate(certificate: LegalityCertificate) -> Checked:
    """Check a certificate against the whole log and ask the rule again with its facts.

    The same as `zaikong audit verify --certificate`, over the tables instead of an exported file.
    """
    text = certificate.document.encode()
    last = decision_log.head()
    logged = chain.verify_certificate(text, decision_log.lines(last=last.seq))
    found, notes = recheck(text)
    return Checked(
        faults=tuple(chain.fault_text(fault) for fault in (*logged, *found)),
        notes=tuple(notes),
        records=last.seq,
        head=f"{last.seq}:{last.hash}",
    )

"""Does a second person say yes, here and now?

What two people decide at one desk is not decided by one who names the other: the second gives their own log-in and
password on the same form. Neither is kept.
"""

from django.contrib.auth import authenticate

from zaikong.application.seeing import scope_of
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, Staff


class UnableToConfirmError(Refusal):
    """The second person did not say yes, or does not see the account."""


def second_person(*, username: str, password: str, account: int) -> Staff:
    """The colleague who confirms with their password; whether their role may approve is the verb's question.

    Args:
        username: Their log-in.
        password: Their password.
        account: The account it is about.

    Raises:
        UnableToConfirmError: Log-in and password do not fit, or the account is out of their sight.
    """
    found = authenticate(username=username.strip(), password=password)
    if not isinstance(found, Staff) or not found.is_staff:
        raise UnableToConfirmError(
            "log-in and password of the second person do not fit",
            code="APPROVER_NOT_CONFIRMED",
            fields={"approved_by": username.strip()},
            remedy="Let the second person enter their own log-in and password.",
        )
    if not Account.objects.filter(scope_of(found).rows(), pk=account).exists():
        raise UnableToConfirmError(
            f"{found.get_username()} does not see this account",
            code="APPROVER_ELSEWHERE",
            fields={"approved_by": found.get_username()},
            remedy="Ask somebody of the account's station or of the county.",
        )
    return found

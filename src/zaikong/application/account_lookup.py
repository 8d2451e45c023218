"""Which account has this number?"""

from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account


class UnableToFindAccountError(Refusal):
    """No account has this number."""


def account_by_number(account_no: str) -> Account:
    """The account with a number, its customer with it.

    Raises:
        UnableToFindAccountError: `ACCOUNT_UNKNOWN`.
    """
    account = Account.objects.select_related("customer").filter(account_no=account_no.strip()).first()
    if account is None:
        raise UnableToFindAccountError(
            f"no account {account_no}",
            code="ACCOUNT_UNKNOWN",
            fields={"account_no": account_no},
            remedy="Look the customer up by name or phone.",
        )
    return account

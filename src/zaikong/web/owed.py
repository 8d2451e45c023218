"""What late fee does an account owe today?"""

from datetime import timedelta
from typing import Any

from zaikong.web.business_day import business_date


def late_fee_of_account(account: Any) -> int:
    """Late fee accrued to the open business date and neither paid nor waived, of all bills of an account [fen]."""
    from zaikong.application.statement import statement  # noqa: PLC0415 -- loads the late-fee rules on first use

    day = business_date()
    return statement(account_no=account.account_no, from_date=day, to_date=day + timedelta(days=1)).late_fee_owed_fen

"""What is available to an account that pays ahead at this moment, by the last night's estimate?"""

import polars as pl

from zaikong.store import bulk
from zaikong.store.models import Account
from zaikong.store.queries.balances import AVAILABLE_NOW


def available_now(account: Account) -> int:
    """Available balance of an account that a night has estimated [fen]."""
    query = f"SELECT {AVAILABLE_NOW} FROM zaikong_prepaidbalance b WHERE b.account_id = %s"
    return int(bulk.fetch(query, {"fen": pl.Int64}, [account.pk])["fen"][0])

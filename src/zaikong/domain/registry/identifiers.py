"""Is this account number, credit code, identity number, telephone number or licence date one that can exist?

A scalar function returns the identifier in its stored form or raises; a column function returns the code of the fault,
empty where there is none, so that an import can report every bad row. Both name the same codes.

Basis: GB 32100-2015 (统一社会信用代码), GB 11643-1999 (公民身份号码), GB/T 7408 dates.

    UnableToAcceptIdentifierError      code is one of the codes below
        ACCOUNT_NO_WRONG               not 6 to 20 letters and digits
        USCI_SHAPE_WRONG               not 18 characters of the standard's alphabet
        USCI_CHECK_WRONG               check character does not follow from the others
        ID_SHAPE_WRONG                 not 17 digits and a digit or X
        ID_BIRTH_DATE_WRONG            no such day, before 1850, or after `as_of`
        ID_CHECK_WRONG                 check character does not follow from the others
        PHONE_WRONG                    neither a mobile nor a fixed number of the mainland
        LICENCE_DATES_WRONG            ends on or before the day it starts
        LICENCE_NOT_YET_VALID          starts after `as_of`
        LICENCE_EXPIRED                ended on or before `as_of`
"""

import re
from datetime import date
from functools import reduce
from typing import Final

import narwhals as nw

from zaikong.domain.registry.masking import mask_identifier, mask_phone
from zaikong.kernel.period import day_number
from zaikong.kernel.refusal import Refusal

ACCOUNT_NO_PATTERN: Final = "^[0-9A-Z]{6,20}$"
"""State-grid numbers have ten digits; other suppliers use letters and other lengths, which an import takes."""

USCI_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Digits and capitals without I, O, S, V, Z, in the order of their values (GB 32100-2015, table 2)."""

USCI_PATTERN: Final = f"^[{USCI_ALPHABET}]{{2}}[0-9]{{6}}[{USCI_ALPHABET}]{{10}}$"
ID_PATTERN: Final = "^[1-9][0-9]{16}[0-9X]$"
PHONE_PATTERN: Final = "^(1[3-9][0-9]{9}|0[1-9][0-9]{1,2}-?[2-8][0-9]{6,7})$"
"""Mobile, or area code and subscriber number; short and service numbers cannot receive a notice and are refused."""

_USCI_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))
_USCI_MODULUS: Final = 31
_USCI_DIGITS: Final = range(2, 8)
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10X98765432"
_FIRST_BIRTH_YEAR: Final = 1850


class UnableToAcceptIdentifierError(Refusal):
    """An identifier cannot exist as written."""


def account_no(text: str) -> str:
    """The account number 户号 in its stored form.

    Raises:
        UnableToAcceptIdentifierError: `ACCOUNT_NO_WRONG`.
    """
    number = _plain(text)
    if not re.fullmatch(ACCOUNT_NO_PATTERN, number):
        raise _refusal("ACCOUNT_NO_WRONG", "account_no", text.strip(), "Write the 6 to 20 letters and digits of 户号.")
    return number


def usci(text: str) -> str:
    """The unified social credit identifier in its stored form.

    Raises:
        UnableToAcceptIdentifierError: `USCI_SHAPE_WRONG`, `USCI_CHECK_WRONG`.
    """
    code = _plain(text)
    if not re.fullmatch(USCI_PATTERN, code):
        raise _refusal(
            "USCI_SHAPE_WRONG", "usci", code, "Copy the 18 characters of the licence; I, O, S, V, Z never occur."
        )
    if code[-1] != usci_check(code[:-1]):
        raise _refusal("USCI_CHECK_WRONG", "usci", code, "One character is mistyped: compare with the licence.")
    return code


def usci_check(body: str) -> str:
    """The check character that belongs to the first 17 characters."""
    weighed = sum(USCI_ALPHABET.index(sign) * weight for sign, weight in zip(body, _USCI_WEIGHTS, strict=True))
    return USCI_ALPHABET[-weighed % _USCI_MODULUS]


def id_number(text: str, *, as_of: date) -> str:
    """The citizen identity number in its stored form.

    Args:
        text: As typed; spaces are dropped and x is raised.
        as_of: The business date; nobody is born after it.

    Raises:
        UnableToAcceptIdentifierError: `ID_SHAPE_WRONG`, `ID_BIRTH_DATE_WRONG`, `ID_CHECK_WRONG`. The number is masked.
    """
    number = _plain(text)
    seen = mask_identifier(number)
    if not re.fullmatch(ID_PATTERN, number):
        raise _refusal("ID_SHAPE_WRONG", "id_no", seen, "Copy the 17 digits and the last digit or X of the card.")
    if not _was_born(number[6:14], as_of):
        raise _refusal(
            "ID_BIRTH_DATE_WRONG", "id_no", seen, "Digits 7 to 14 are the day of birth: compare with the card."
        )
    if number[-1] != id_check(number[:-1]):
        raise _refusal("ID_CHECK_WRONG", "id_no", seen, "One digit is mistyped: compare with the card.")
    return number


def id_check(body: str) -> str:
    """The check character that belongs to the first 17 digits."""
    return _ID_CHECKS[sum(int(sign) * weight for sign, weight in zip(body, _ID_WEIGHTS, strict=True)) % len(_ID_CHECKS)]


def phone(text: str) -> str:
    """The mainland telephone number in its stored form, without country code or spaces.

    Raises:
        UnableToAcceptIdentifierError: `PHONE_WRONG`. The number is masked.
    """
    number = re.sub(r"^(\+86|0086)-?", "", _plain(text))
    if not re.fullmatch(PHONE_PATTERN, number):
        raise _refusal(
            "PHONE_WRONG",
            "phone",
            mask_phone(number),
            "Write 11 digits of a mobile, or area code and number: 0371-66666666.",
        )
    return number


def licence_valid_on(valid_from: date, valid_to: date | None, *, as_of: date) -> date:
    """The day on which a licence was found valid.

    Args:
        valid_from: First day of validity.
        valid_to: First day no longer valid (half-open), or None for 长期.
        as_of: The business date.

    Returns:
        `as_of`.

    Raises:
        UnableToAcceptIdentifierError: `LICENCE_DATES_WRONG`, `LICENCE_NOT_YET_VALID`, `LICENCE_EXPIRED`.
    """
    if valid_to is not None and valid_to <= valid_from:
        raise _refusal("LICENCE_DATES_WRONG", "valid_to", str(valid_to), "The end must be after the start.")
    if as_of < valid_from:
        raise _refusal(
            "LICENCE_NOT_YET_VALID", "valid_from", str(valid_from), "Wait for the day, or hand in the one in force."
        )
    if valid_to is not None and valid_to <= as_of:
        raise _refusal("LICENCE_EXPIRED", "valid_to", str(valid_to), "Hand in the renewed licence.")
    return as_of


def account_no_fault(column: str) -> nw.Expr:
    """Code of the fault of each account number (string), empty where sound."""
    return _first_fault((~_matches(column, ACCOUNT_NO_PATTERN), "ACCOUNT_NO_WRONG"))


def phone_fault(column: str) -> nw.Expr:
    """Code of the fault of each telephone number (string), empty where sound."""
    return _first_fault((~_matches(column, PHONE_PATTERN), "PHONE_WRONG"))


def usci_fault(column: str) -> nw.Expr:
    """Code of the fault of each credit identifier (string), empty where sound."""
    shaped = nw.when(_matches(column, USCI_PATTERN)).then(nw.col(column)).otherwise(nw.lit("0" * 18))
    signs = [shaped.str.slice(place, 1) for place in range(18)]
    values = [
        sign.cast(nw.Int64) if place in _USCI_DIGITS else _alphabet_value(sign) for place, sign in enumerate(signs)
    ]
    weighed = _sum([value * weight for value, weight in zip(values, (*_USCI_WEIGHTS, 1), strict=True)])
    return _first_fault(
        (~_matches(column, USCI_PATTERN), "USCI_SHAPE_WRONG"),
        (weighed % _USCI_MODULUS != 0, "USCI_CHECK_WRONG"),
    )


def id_number_fault(column: str, *, as_of: date) -> nw.Expr:
    """Code of the fault of each identity number (string), empty where sound."""
    sample = "11010519491231002X"
    shaped = nw.when(_matches(column, ID_PATTERN)).then(nw.col(column)).otherwise(nw.lit(sample))
    digits = [shaped.str.slice(place, 1).cast(nw.Int64) for place in range(17)]
    last = shaped.str.slice(17, 1)
    check = nw.when(last == "X").then(nw.lit("10")).otherwise(last).cast(nw.Int64)
    # the check value is congruent to 12 less the weighed sum: table 10X98765432 is that difference modulo 11
    weighed = _sum([digit * weight for digit, weight in zip(digits, _ID_WEIGHTS, strict=True)])
    birth = shaped.str.slice(6, 8).cast(nw.Int64)
    return _first_fault(
        (~_matches(column, ID_PATTERN), "ID_SHAPE_WRONG"),
        (~_is_day(birth, shaped, as_of), "ID_BIRTH_DATE_WRONG"),
        ((weighed + check) % len(_ID_CHECKS) != 1, "ID_CHECK_WRONG"),
    )


def licence_fault(valid_from_day: str, valid_to_day: str, *, as_of: date) -> nw.Expr:
    """Code of the fault of each licence's dates, empty where valid.

    Args:
        valid_from_day: Column of first days [day].
        valid_to_day: Column of first days no longer valid [day], null for 长期.
        as_of: The business date.
    """
    today = day_number(as_of)
    ends = ~nw.col(valid_to_day).is_null()
    return _first_fault(
        (ends & (nw.col(valid_to_day) <= nw.col(valid_from_day)), "LICENCE_DATES_WRONG"),
        (nw.col(valid_from_day) > today, "LICENCE_NOT_YET_VALID"),
        (ends & (nw.col(valid_to_day) <= today), "LICENCE_EXPIRED"),
    )


def _matches(column: str, pattern: str) -> nw.Expr:
    # Java lets $ stand before a last newline, so the end of the text is written out
    return nw.col(column).str.contains(pattern.replace("$", r"\z"))


def _plain(text: str) -> str:
    # full-width characters come from Chinese input methods
    narrow = "".join(chr(ord(sign) - 0xFEE0) if "！" <= sign <= "～" else sign for sign in text)
    return "".join(narrow.split()).upper()


def _refusal(code: str, field: str, seen: str, remedy: str) -> UnableToAcceptIdentifierError:
    article = {"USCI": "GB 32100-2015", "ID": "GB 11643-1999"}.get(code.split("_", maxsplit=1)[0], "")
    return UnableToAcceptIdentifierError(
        f"{field} {seen!r} cannot be accepted", code=code, fields={field: seen}, article=article, remedy=remedy
    )


def _was_born(yyyymmdd: str, as_of: date) -> bool:
    try:
        born = date(int(yyyymmdd[:4]), int(yyyymmdd[4:6]), int(yyyymmdd[6:]))
    except ValueError:
        return False
    return date(_FIRST_BIRTH_YEAR, 1, 1) <= born <= as_of


def _is_day(yyyymmdd: nw.Expr, shaped: nw.Expr, as_of: date) -> nw.Expr:
    year = shaped.str.slice(6, 4).cast(nw.Int64)
    month = shaped.str.slice(10, 2).cast(nw.Int64)
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    february = nw.when(leap).then(nw.lit(29)).otherwise(nw.lit(28))
    short = nw.when((month == 4) | (month == 6) | (month == 9) | (month == 11)).then(nw.lit(30)).otherwise(nw.lit(31))  # noqa: PLR2004 -- months of 30 days
    last = nw.when(month == 2).then(february).otherwise(short)  # noqa: PLR2004 -- February
    day = shaped.str.slice(12, 2).cast(nw.Int64)
    bounds = (_FIRST_BIRTH_YEAR * 10_000, as_of.year * 10_000 + as_of.month * 100 + as_of.day)
    return (
        (month >= 1) & (month <= 12) & (day >= 1) & (day <= last) & (yyyymmdd >= bounds[0]) & (yyyymmdd <= bounds[1])  # noqa: PLR2004 -- months of a year
    )


def _alphabet_value(sign: nw.Expr) -> nw.Expr:
    # the alphabet ascends, so a sign's value is the number of members below it
    return _sum([(sign > member).cast(nw.Int64) for member in USCI_ALPHABET[:-1]])


def _sum(terms: list[nw.Expr]) -> nw.Expr:
    return reduce(lambda left, right: left + right, terms)


def _first_fault(*faults: tuple[nw.Expr, str]) -> nw.Expr:
    """The code of the first condition that holds; a null identifier has the first code."""
    code: nw.Expr = nw.lit("")
    for condition, name in reversed(faults):
        code = nw.when(condition).then(nw.lit(name)).otherwise(code)
    first_condition, first_name = faults[0]
    return nw.when(first_condition.is_null()).then(nw.lit(first_name)).otherwise(code)

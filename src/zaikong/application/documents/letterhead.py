"""Which company sends the papers, from where, and where can one pay?"""

import os
from importlib.resources import as_file, files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from zaikong.kernel.dated import read_yaml, validated

VARIABLE = "ZAIKONG_LETTERHEAD"
"""Names the company's own file."""


class Letterhead(BaseModel):
    """Particulars of the company.

    Attributes:
        supplier_name: Its name.
        office_address: Its office.
        contact_name: Whom to ask.
        contact_phone: Phone of the office.
        authority: Power authority copies go to.
        jurisdiction: Its place, whose law applies.
        channels: Where one can pay.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    supplier_name: str = Field(min_length=2)
    office_address: str = Field(min_length=2)
    contact_name: str = Field(min_length=2)
    contact_phone: str = Field(min_length=3)
    authority: str = Field(min_length=2)
    jurisdiction: str = Field(pattern=r"^cn(\.[a-z0-9_]+)*$")
    channels: tuple[str, ...] = Field(min_length=1)


def letterhead() -> Letterhead:
    """The company's own letterhead, or the shipped one.

    Raises:
        UnableToReadDatedFileError: The file is wrong; the message names file, line and reason.
    """
    own = os.environ.get(VARIABLE, "")
    if own:
        return _read(Path(own))
    with as_file(files("zaikong.application.documents").joinpath("letterhead.yaml")) as path:
        return _read(path)


def _read(path: Path) -> Letterhead:
    return validated(read_yaml(path), Letterhead, path=path)

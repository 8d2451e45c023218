"""What is a score made of, and may it be used?

A model is a set of look-up tables: a feature falls into a bin, the bin gives points, the points add up. Points are whole
millionths of log-odds, so the sum is exact on every engine. A table must keep to the direction it declares, and no
column that speaks of what a person is, rather than how an account is paid, may be in it.

Basis: 《中华人民共和国个人信息保护法》第二十四条 (decisions made automatically must be transparent, fair and explained).
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

FORMAT: Final = "zaikong-score/1"

FORBIDDEN: Final = frozenset(
    {
        *("sex", "gender", "male", "female", "marital", "marriage", "married", "spouse", "education", "schooling"),
        *("age", "birth", "birthday", "birthdate", "dob", "ethnicity", "ethnic", "nation", "nationality", "race"),
        *("religion", "address", "native", "hometown"),
        *("性别", "婚姻", "婚否", "婚况", "配偶", "学历", "教育", "文化程度", "年龄", "岁数", "出生", "生日"),
        *("民族", "籍贯", "宗教", "地址", "住址"),
    }
)
"""Words that no column of a model may carry, in English as a whole word, in Chinese anywhere in the name."""

_OF_PEOPLE: Final = frozenset(
    {"customer", "client", "person", "applicant", "holder", "owner", "user", "legal", "representative", "head"}
    | {"year", "years", "group", "band", "bucket", "class", "code", "of", "the", "in", "at", "s"}
)
"""Words beside which `age` is that of a person; `age_of_oldest_debt` is the age of a debt."""

_LARGEST_POINTS: Final = 10**9
_HIGHEST_SLOPE: Final = 2**20
SLOPE_ONE: Final = 2**16
"""Slope of a calibration line that changes nothing."""

_Number = Annotated[str, StringConstraints(pattern=r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$", max_length=40)]
_Points = Annotated[int, Field(strict=True, ge=-_LARGEST_POINTS, le=_LARGEST_POINTS)]
_Whole = Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]


class ScoreFeature(BaseModel):
    """One look-up table.

    Attributes:
        name: Column it reads.
        unit: Unit of the column, empty where unknown.
        direction: +1 where the chance may only rise with the column, -1 where it may only fall, 0 either way.
        edges: Last value of every bin but the last, ascending; whole numbers, or decimals as text.
        points_e6: Points of each bin [1e-6 log-odds], one more than edges.
        missing_e6: Points where the column is null [1e-6 log-odds].
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    unit: str = ""
    direction: Literal[-1, 0, 1]
    edges: tuple[_Whole | _Number, ...]
    points_e6: tuple[_Points, ...]
    missing_e6: _Points

    @model_validator(mode="after")
    def _sound(self) -> "ScoreFeature":
        if len(self.points_e6) != len(self.edges) + 1:
            raise ValueError(f"{self.name} has {len(self.edges)} edges and {len(self.points_e6)} points")
        bounds = [float(edge) for edge in self.edges]
        if any(low >= high for low, high in pairwise(bounds)):
            raise ValueError(f"edges of {self.name} do not ascend")
        steps = [high - low for low, high in pairwise(self.points_e6)]
        if self.direction and any(step * self.direction < 0 for step in steps):
            raise ValueError(f"points of {self.name} turn against its direction {self.direction:+d}")
        return self


class Calibration(BaseModel):
    """A rising broken line from the sum of points to the log-odds that came true.

    Attributes:
        knots_e6: Where the line breaks, ascending [1e-6 log-odds].
        first_e6: The line at the first knot [1e-6 log-odds].
        slopes: Slope before the first knot, between knots and after the last [1/65536], never negative.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    knots_e6: tuple[_Points, ...] = Field(min_length=1)
    first_e6: _Points
    slopes: tuple[Annotated[int, Field(strict=True, ge=0, le=_HIGHEST_SLOPE)], ...]

    @model_validator(mode="after")
    def _sound(self) -> "Calibration":
        if len(self.slopes) != len(self.knots_e6) + 1:
            raise ValueError(f"the calibration has {len(self.knots_e6)} knots and {len(self.slopes)} slopes")
        if any(low >= high for low, high in pairwise(self.knots_e6)):
            raise ValueError("knots of the calibration do not ascend")
        return self


class Training(BaseModel):
    """How a model was made.

    Attributes:
        rows: Rows it was fitted on.
        positives: Rows among them whose label is 1.
        seed: Seed of every choice.
        bags: Fits averaged.
        rounds: Steps of each fit.
        from_date: First day of the rows, where they have one.
        to_date: Last day of the rows, where they have one.
        dropped: Columns left out, with the reason.
        libraries: Version of each library used.
        out_of_fold_auc: Area under the ROC curve on rows left out while fitting, in text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int = Field(ge=0)
    positives: int = Field(ge=0)
    seed: int
    bags: int = Field(ge=1)
    rounds: int = Field(ge=1)
    from_date: str = ""
    to_date: str = ""
    dropped: dict[str, str] = {}
    libraries: dict[str, str] = {}
    out_of_fold_auc: str = ""


class ScoreModel(BaseModel):
    """A whole score.

    Attributes:
        format: Of the file.
        name: What is scored.
        version: Of this fit.
        label: The column it foretells.
        panel: `card` where features are worked out from the six-month layout first.
        intercept_e6: Log-odds of the average row [1e-6 log-odds].
        features: The tables; each name once, none forbidden.
        calibration: From the sum of points to log-odds, or None where it is already right.
        training: How it was made.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["zaikong-score/1"] = FORMAT
    name: str = Field(min_length=1)
    version: str = Field(min_length=1)
    label: str = Field(min_length=1)
    panel: Literal["", "card"] = ""
    intercept_e6: _Points
    features: tuple[ScoreFeature, ...] = Field(min_length=1)
    calibration: Calibration | None = None
    training: Training

    @model_validator(mode="after")
    def _sound(self) -> "ScoreModel":
        names = [feature.name for feature in self.features]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"features stand twice: {', '.join(twice)}")
        if barred := forbidden_among(names):
            raise ValueError(f"no model may look at {', '.join(barred)}")
        return self


def forbidden_among(columns: Iterable[str]) -> list[str]:
    """Those columns no model may look at, in their order."""
    return [column for column in columns if _is_forbidden(column)]


def content_hash(model: ScoreModel) -> str:
    """SHA-256 over the canonical content: keys sorted, no spaces, UTF-8."""
    content: dict[str, Any] = model.model_dump(mode="json")
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _is_forbidden(column: str) -> bool:
    words = set(_words(column))
    if any(word in column for word in FORBIDDEN if not word.isascii()):
        return True
    if words & (FORBIDDEN - {"age"}):
        return True
    return "age" in words and not words - _OF_PEOPLE - {"age"}


def _words(column: str) -> Iterator[str]:
    for part in re.findall(r"[A-Za-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", column)):
        yield part.lower()

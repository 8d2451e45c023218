"""How is a value kept that changes by date, and where is it written?

Law, prices and strategies are YAML files read by pydantic models. A value is dated by half-open effect and carries its
source; a reader names file, line and reason when it is wrong.
"""

from collections.abc import Hashable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Protocol, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zaikong.kernel.refusal import Refusal


class UnableToReadDatedFileError(Refusal):
    """A dated file is not YAML, lacks a key, has an unknown key, or a value of the wrong kind."""


class UnableToFindValueError(Refusal):
    """No version of a dated value is in force on the day asked for."""


class Basis(BaseModel):
    """Where a value comes from.

    Attributes:
        source: Title or number of the document, such as `豫发改价管〔2024〕283号`.
        article: Article or clause, empty where the document has none.
        verified: Whether the number was read in the document itself; an unverified one is marked on every result.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(min_length=2)
    article: str = ""
    verified: bool

    def __str__(self) -> str:
        """Source with its article; the article is shown only when verified."""
        return f"{self.source} {self.article}".strip() if self.verified else self.source


class InForce(Protocol):
    """Anything dated by effect."""

    @property
    def effective_from(self) -> date:
        """First day in force."""

    @property
    def effective_to(self) -> date | None:
        """First day no longer in force, or None while it lasts."""


Version = TypeVar("Version", bound=InForce)


def in_force(versions: Iterable[Version], *, as_of: date, what: str) -> Version:
    """The version in force on a day.

    Args:
        versions: Versions of one value.
        as_of: The day asked for.
        what: Name for the error.

    Raises:
        UnableToFindValueError: None is in force.
    """
    for version in versions:
        if version.effective_from <= as_of and (version.effective_to is None or as_of < version.effective_to):
            return version
    raise UnableToFindValueError(
        f"{what} has no version in force on {as_of}",
        code="NOT_IN_FORCE",
        fields={"what": what, "as_of": as_of},
        remedy="Add the version with its source, or ask for another day.",
    )


class LineLoader(yaml.SafeLoader):
    """A safe loader that refuses duplicate keys and remembers the line of every mapping and its keys."""


class _LinedDict(dict[Hashable, Any]):
    line: int
    key_lines: dict[Hashable, int]


def _mapping(loader: LineLoader, node: yaml.MappingNode) -> _LinedDict:
    mapping = _LinedDict()
    mapping.line = node.start_mark.line + 1
    mapping.key_lines = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(None, None, "a key is no plain word", key_node.start_mark)
        if key in mapping:
            raise yaml.constructor.ConstructorError(
                "while reading a mapping", node.start_mark, f"key {key!r} stands twice", key_node.start_mark
            )
        mapping[key] = loader.construct_object(value_node, deep=True)
        mapping.key_lines[key] = key_node.start_mark.line + 1
    return mapping


def _timestamp(loader: LineLoader, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError as error:
        raise yaml.constructor.ConstructorError(None, None, f"{node.value}: {error}", node.start_mark) from error


LineLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
LineLoader.add_constructor("tag:yaml.org,2002:timestamp", _timestamp)

Model = TypeVar("Model", bound=BaseModel)


def _line_at(document: object, path: Sequence[int | str]) -> int:
    line, here = 1, document
    for step in path:
        if isinstance(here, _LinedDict):
            line = here.key_lines.get(step, here.line)
            here = here.get(step)
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]
            line = getattr(here, "line", line)
        # a step pydantic adds for a union's branch names no place in the file
    return line


def read_yaml(path: Path) -> Any:
    """Read one YAML file with line numbers kept.

    Raises:
        UnableToReadDatedFileError: Unreadable, or not YAML; the message names file, line and reason.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=LineLoader)  # noqa: S506 -- LineLoader is a SafeLoader
    except OSError as error:
        raise UnableToReadDatedFileError(
            f"{path}: {error.strerror}", code="FILE_UNREADABLE", fields={"file": str(path)}, remedy="Check the path."
        ) from error
    except UnicodeDecodeError as error:
        raise UnableToReadDatedFileError(
            f"{path}: not UTF-8", code="ENCODING_WRONG", fields={"file": str(path)}, remedy="Save it as UTF-8."
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise UnableToReadDatedFileError(
            f"{path}:{line}: {getattr(error, 'problem', None) or error}",
            code="YAML_WRONG",
            fields={"file": str(path), "line": line},
            remedy="Mend the line.",
        ) from error


def validated(document: object, model: type[Model], *, path: Path, at: Sequence[int | str] = ()) -> Model:
    """Read a YAML document into a model.

    Args:
        document: What `read_yaml` gave, or a part of it.
        model: The pydantic model.
        path: The file, for the error.
        at: Where in the file's document this part stands, for the line.

    Raises:
        UnableToReadDatedFileError: Every fault with file, line and reason.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        faults = [
            f"{path}:{_line_at(document, fault['loc'])}: "
            f"{'.'.join(str(step) for step in (*at, *fault['loc'])) or model.__name__}: {fault['msg']}"
            for fault in error.errors()
        ]
        raise UnableToReadDatedFileError(
            "\n".join(faults), code="DATED_FILE_WRONG", fields={"file": str(path)}, remedy="Mend the lines named."
        ) from error

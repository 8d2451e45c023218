"""How is a score kept in a file that shows every change?

Plain JSON, laid out to be read, with the SHA-256 of its content. A file whose content no longer gives its hash is
refused: a score nobody fitted is no score.
"""

import json
import os
from pathlib import Path

from pydantic import ValidationError

from zaikong.domain.credit.score_model import ScoreModel, content_hash
from zaikong.kernel.refusal import Refusal

_HASH = "sha256"


class UnableToLoadModelError(Refusal):
    """The file is no model, or not the model that was fitted."""


class UnableToSaveModelError(Refusal):
    """There is no place for the file."""


def save_model(model: ScoreModel, path: Path) -> str:
    """Write a model whole or not at all.

    Returns:
        Its hash.

    Raises:
        UnableToSaveModelError: `FILE_UNWRITABLE`.
    """
    seal = content_hash(model)
    content = {**model.model_dump(mode="json"), _HASH: seal}
    draft = path.with_name(path.name + ".part")
    try:
        draft.write_text(_laid_out(content), encoding="utf-8")
        os.replace(draft, path)  # noqa: PTH105 -- the name both systems put in place whole
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UnableToSaveModelError(
            f"{path} cannot be written: {error.strerror or error}",
            code="FILE_UNWRITABLE",
            fields={"file": str(path)},
            remedy="Make room, or choose a folder that exists and that you may write to.",
        ) from error
    return seal


def load_model(path: Path) -> ScoreModel:
    """Read a model and prove it is the one that was fitted.

    Raises:
        UnableToLoadModelError: `MODEL_UNREADABLE`, `MODEL_HASH_WRONG`, `MODEL_WRONG`.
    """
    content = _read(path)
    seal = content.pop(_HASH, None)
    try:
        model = ScoreModel.model_validate_json(json.dumps(content), strict=False)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'model'}: {fault['msg']}" for fault in error.errors()]
        raise _refused(path, "MODEL_WRONG", "; ".join(faults), "Fit the model again.") from error
    if seal != content_hash(model):
        raise _refused(
            path,
            "MODEL_HASH_WRONG",
            "its content is not what was fitted: the hash does not match",
            "Take the file as `credit fit` wrote it, or fit again; tables are never edited by hand.",
        )
    return model


def _read(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _refused(path, "MODEL_UNREADABLE", error.strerror or str(error), "Check the path.") from error
    except ValueError as error:
        raise _refused(
            path, "MODEL_UNREADABLE", f"not JSON: {error}", "Give a file written by `credit fit`."
        ) from error
    if not isinstance(content, dict):
        raise _refused(path, "MODEL_UNREADABLE", "not a model", "Give a file written by `credit fit`.")
    return content


def _laid_out(content: dict[str, object]) -> str:
    """One line a feature: a change shows as a line."""
    lines = [f" {json.dumps(key)}: {_value(value)}" for key, value in content.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _value(value: object) -> str:
    if isinstance(value, list):
        return "[\n" + ",\n".join(f"  {json.dumps(each, ensure_ascii=False)}" for each in value) + "\n ]"
    return json.dumps(value, ensure_ascii=False)


def _refused(path: Path, code: str, what: str, remedy: str) -> UnableToLoadModelError:
    return UnableToLoadModelError(f"{path}: {what}", code=code, fields={"file": str(path)}, remedy=remedy)

"""Does the console speak Chinese whole, and is what it speaks compiled?"""

import ast
import gettext
import re
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
import unfold
from django.test import Client
from django.utils import translation
from django.utils.translation.template import templatize

import zaikong
from zaikong.application.roles import TITLES, Role

PACKAGE = Path(zaikong.__file__).parent
FOLDER = PACKAGE / "web" / "locale" / "zh_Hans" / "LC_MESSAGES"
_CONTEXT = "\x04"
_CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext", "pgettext_lazy"}


def _unquoted(block: str, word: str) -> str | None:
    found = re.search(rf'^{re.escape(word)} ((?:".*"\n?)+)', block, re.MULTILINE)
    return None if found is None else "".join(map(ast.literal_eval, re.findall(r'".*"', found.group(1))))


def _po() -> dict[str, str]:
    """Message to translation as written; of a plural, the one Chinese form."""
    messages = {}
    for block in (FOLDER / "django.po").read_text(encoding="utf-8").split("\n\n"):
        message, context = _unquoted(block, "msgid"), _unquoted(block, "msgctxt")
        translated = _unquoted(block, "msgstr") or _unquoted(block, "msgstr[0]")
        assert message is not None
        assert "fuzzy" not in block
        messages[f"{context}{_CONTEXT}{message}" if context else message] = translated or ""
    return messages


def _mo() -> dict[str, str]:
    """Message to translation as compiled."""
    content = (FOLDER / "django.mo").read_bytes()
    _magic, _version, count, ids, texts = struct.unpack("<5I", content[:20])

    def entry(table: int, place: int) -> str:
        length, offset = struct.unpack_from("<2I", content, table + 8 * place)
        return content[offset : offset + length].decode()

    return {entry(ids, place).split("\0")[0]: entry(texts, place) for place in range(count)}


def _said_in_code() -> Iterator[str]:
    for file in PACKAGE.rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _CALLS:
                words = [word.value for word in call.args if isinstance(word, ast.Constant)]
                texts = [word for word in words if isinstance(word, str)]
                yield _CONTEXT.join(texts) if call.func.id.startswith("pgettext") else texts[0]


def _said_in_templates(folder: Path) -> Iterator[str]:
    for file in folder.rglob("*.html"):
        source = templatize(file.read_text(encoding="utf-8"), origin=str(file))
        for kind, first, second in re.findall(
            r"\b(n?p?gettext)\(u?'((?:[^'\\]|\\.)*)'(?:, u?'((?:[^'\\]|\\.)*)')?", source
        ):
            texts = [ast.literal_eval(f"'{text}'") for text in (first, second) if text]
            yield _CONTEXT.join(texts) if kind == "pgettext" else texts[0]
        for kind, first, second in re.findall(
            r'\b(n?p?gettext)\(u?"((?:[^"\\]|\\.)*)"(?:, u?"((?:[^"\\]|\\.)*)")?', source
        ):
            texts = [ast.literal_eval(f'"{text}"') for text in (first, second) if text]
            yield _CONTEXT.join(texts) if kind == "pgettext" else texts[0]


def test_every_message_of_the_catalogue_is_translated() -> None:
    assert {message for message, text in _po().items() if not text.strip()} == set()


def test_the_compiled_catalogue_says_what_the_written_one_says() -> None:
    written, compiled = _po(), _mo()
    assert written.pop("").splitlines() == compiled.pop("").splitlines()
    assert compiled == written


def test_python_reads_the_compiled_catalogue() -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Bill runs") == "核算批次"


def test_every_word_of_the_code_and_the_pages_is_in_the_catalogue() -> None:
    said = {*_said_in_code(), *_said_in_templates(PACKAGE / "web" / "templates")}
    with translation.override("zh-hans"):
        others = {word for word in said - set(_po()) if _CONTEXT in word or translation.gettext(word) == word}
    assert len(said) > 400
    assert others == set()


def test_the_catalogue_holds_nothing_that_nobody_says() -> None:
    said = {*_said_in_code(), *_said_in_templates(PACKAGE / "web" / "templates"), ""}
    assert set(_po()) - said == set()


@pytest.mark.parametrize("folder", ["templates/admin", "templates/unfold", "templates/registration"])
def test_the_frame_speaks_chinese(folder: str) -> None:
    said = set(_said_in_templates(Path(unfold.__file__).parent / folder))
    with translation.override("zh-hans"):
        foreign = {word for word in said if translation.gettext(word) == word and re.search("[a-z]{2}", word)}
    assert {word for word in foreign if "in %(time)s seconds" not in word} == set()  # the command palette is off


def test_placeholders_survive_translation() -> None:
    places = re.compile(r"%\(\w+\)[sd]")
    wrong = {
        message
        for message, text in _po().items()
        if message and set(places.findall(message)) != set(places.findall(text))
    }
    assert wrong == set()


def test_every_role_has_a_title() -> None:
    assert set(TITLES) == set(Role)


def test_the_console_is_chinese_whatever_the_browser_asks_for(db: None) -> None:
    answer = Client(headers={"Accept-Language": "en-US,en;q=0.9"}).get("/login/")
    assert answer.headers["Content-Language"] == "zh-hans"
    assert "欢迎登录" in answer.content.decode()


def test_the_switch_turns_the_console_to_english_and_back(db: None) -> None:
    client = Client()
    answer = client.post("/language/setlang/", {"language": "en", "next": "/login/"}, follow=True)
    assert answer.redirect_chain == [("/login/", 302)]
    assert "Welcome back to" in answer.content.decode()
    answer = client.post("/language/setlang/", {"language": "zh-hans", "next": "/login/"}, follow=True)
    assert "欢迎登录" in answer.content.decode()


def test_a_language_nobody_speaks_here_is_not_taken(db: None) -> None:
    client = Client()
    client.cookies["django_language"] = "xx"
    assert client.get("/login/").headers["Content-Language"] == "zh-hans"

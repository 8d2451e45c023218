"""Is everything the browser needs served from here?"""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from zaikong.web.assets import PlotlyFinder

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "zaikong" / "web"


def test_plotly_is_found_in_its_own_package() -> None:
    found = finders.find("plotly/plotly.min.js")
    assert found is not None
    assert b"plotly.js" in Path(found).read_bytes()[:200]


def test_only_the_script_of_plotly_is_collected() -> None:
    finder = PlotlyFinder()
    assert [(path, storage.prefix) for path, storage in finder.list([])] == [("plotly.min.js", "plotly")]
    assert list(finder.list(["*.js"])) == []
    assert finder.find("plotly/widgetbundle.js") == []
    assert finder.find("plotly/plotly.min.js", find_all=True) == [finder.find("plotly/plotly.min.js")]


@pytest.mark.parametrize("name", ["console.css", "console.js", "icon.svg", "login.svg"])
def test_our_own_files_are_found(name: str) -> None:
    assert finders.find(f"zaikong/{name}") is not None


def test_no_file_of_ours_names_another_host() -> None:
    files = [*PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.js"), *PACKAGE.rglob("*.css"), *PACKAGE.rglob("*.svg")]
    named = {
        address
        for file in files
        for address in re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", file.read_text(encoding="utf-8"))
    }
    assert {address for address in named if not address.endswith("//www.w3.org")} == set()


def test_every_answer_forbids_the_browser_to_fetch_from_elsewhere(db: None) -> None:
    policy = Client().get("/login/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "connect-src 'self'" in policy
    assert "http" not in policy

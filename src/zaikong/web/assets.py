"""Where does the browser get Plotly from?

From this server: the file lies in the installed Plotly package, and is served and collected as `plotly/plotly.min.js`.
"""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage

PREFIX = "plotly"
FILE = "plotly.min.js"


def plotly_folder() -> Path:
    """Folder of the Plotly package that holds its script.

    Raises:
        FileNotFoundError: The package is not installed whole.
    """
    spec = find_spec("plotly")
    folder = Path(spec.origin).parent / "package_data" if spec and spec.origin else Path()
    if not (folder / FILE).is_file():
        raise FileNotFoundError(f"{FILE} is not in the installed Plotly package: {folder}")
    return folder


class PlotlyFinder(BaseFinder):
    """Finds one file: Plotly's own script."""

    def __init__(self, app_names: Iterable[str] | None = None, *args: Any, **kwargs: Any) -> None:
        del app_names
        super().__init__(*args, **kwargs)
        self._storage = FileSystemStorage(location=plotly_folder())
        self._storage.prefix = PREFIX

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> str | list[str]:  # noqa: FBT001, FBT002 -- Django's signature
        """Full path of `plotly/plotly.min.js`; an empty list for everything else."""
        del kwargs
        if path != f"{PREFIX}/{FILE}":
            return []
        found = self._storage.path(FILE)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """The one file, for `collectstatic`."""
        if not matches_patterns(FILE, ignore_patterns or ()):
            yield FILE, self._storage

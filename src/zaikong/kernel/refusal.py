"""What does a verb say when it cannot do what was asked?

A refusal is raised, never returned: it carries a code a program can read, the fields at fault, the article that
decides it where there is one, and the remedy a person can follow. The command line prints it without a traceback and
exits with 2; a page shows it beside the form.

    Refusal
    └── UnableTo<Verb>Error        one in each module that refuses
"""

from collections.abc import Mapping


class Refusal(Exception):  # noqa: N818 -- the word of the house; every subclass ends in Error
    """A request that cannot be carried out, and why.

    Args:
        message: One sentence: what is wrong and where.
        code: Upper-case word for programs, such as `ACCOUNT_UNKNOWN`.
        fields: Field name to the value at fault. Never a password or a whole identity number.
        article: The law or book that decides it, where there is one.
        remedy: What the reader can do next.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        fields: Mapping[str, object] | None = None,
        article: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.fields = dict(fields or {})
        self.article = article
        self.remedy = remedy

    def __str__(self) -> str:
        """The message, its basis and its remedy on one line."""
        basis = f" [{self.article}]" if self.article else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.code}: {self.message}{basis}{remedy}"

"""What does a batch say about the rows it could not take as they are?

A finding is a row, not an exception: the batch finishes and reports all of them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a person should look at.

    Attributes:
        code: Upper-case word for programs, such as `READING_BACKWARDS`.
        subject: What it is about: an account, a meter, a file and line.
        message: One sentence with the values at fault and the way to mend them.
        basis: The rule, book or article behind it.
    """

    code: str
    subject: str
    message: str
    basis: str = ""

"""How are first grades, papers, facts and terms written on a page?"""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from zaikong.web import first_grade_words as words
from zaikong.web.templatetags import console

register = template.Library()

register.filter("fact", words.fact)
register.filter("paper", words.paper)
register.filter("papers", words.papers)
register.filter("said", words.said)
register.filter("term", words.term)


@register.filter
def first_grade(letter: str) -> SafeString:
    """A first grade as a mark; a dash while it is open."""
    if not letter:
        return format_html('<span class="zk-none">{}</span>', "–")
    return format_html('<span class="zk-chip {}">{}</span>', words.grade_mark(letter), letter)


@register.filter
def papers_all(kinds: list[str]) -> str:
    """All of these papers."""
    return " · ".join(words.paper(kind) for kind in kinds)


@register.filter
def document_number(number: str, kind: str) -> str:
    """The number of a paper; that of a person's card with its middle hidden."""
    return console.identifier(number) if number and kind.endswith("identity_card") else number


@register.simple_tag
def fact_said(name: str, value: Any) -> str:
    """A fact in its unit."""
    return words.fact_said(name, value)

"""How are the two numbers of a finding written?"""

from typing import Any

from django import template

from zaikong.web import finding_figures

register = template.Library()


@register.filter
def observed(finding: Any) -> Any:
    """What a finding observed, in its unit."""
    return finding_figures.observed(finding.code, finding.observed)


@register.filter
def limit(finding: Any) -> Any:
    """The limit a finding of a bill broke, in its unit."""
    return finding_figures.limit(finding.code, finding.limit)


@register.filter
def expected(finding: Any) -> Any:
    """What a finding of a reading had expected, in its unit."""
    return finding_figures.limit(finding.code, finding.expected)

"""What does a reader see who may not open a page, or asks for one that is not there?"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from zaikong.web.frame import shown


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the reader's role does not hold the right."""
    del exception
    return _refused(
        request,
        status=403,
        title=_("Not permitted"),
        text=_("Your role does not open this page."),
        hint=_("Ask the manager for the right if your work needs it."),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: there is no such page, account or bill in the reader's sight."""
    text = exception.args[0] if exception.args and isinstance(exception.args[0], str) else _("There is no such page.")
    return _refused(
        request,
        status=404,
        title=_("Not found"),
        text=text,
        hint=_("Search for the account by its number, name or phone."),
    )


def _refused(request: HttpRequest, *, status: int, title: str, text: str, hint: str) -> HttpResponse:
    user = getattr(request, "user", None)
    if user is not None and user.is_active and user.is_staff:
        return shown(request, "zaikong/refused.html", title=title, status=status, text=text, hint=hint).render()
    return render(request, "zaikong/refused_outside.html", {"title": title, "text": text}, status=status)

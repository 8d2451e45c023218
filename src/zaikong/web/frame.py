"""How does a page stand in the console's frame: signed in, permitted, in sight?"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from zaikong.application.seeing import scope_of
from zaikong.store.queries.scope import Scope
from zaikong.web import asked

View = Callable[..., HttpResponse]


def page(*permissions: str, county: bool = False) -> Callable[[View], View]:
    """Make a view a page of the console.

    Args:
        permissions: Words of which the reader needs one, such as `zaikong.view_account`.
        county: Whether the page shows sums of the whole county, which staff of one station do not see.

    Returns:
        A decorator. The view is sent to the log-in page when nobody is signed in, answers 403 without a permission,
        and is called with `scope`, the part of the county its reader sees.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            scope = scope_of(request.user)
            if not any(map(request.user.has_perm, permissions)) or (county and not scope.whole_county):
                raise PermissionDenied
            return view(request, *args, scope=scope, **kwargs)

        return admin.site.admin_view(guarded)

    return decorate


def shown(request: HttpRequest, template: str, *, title: str, status: int = 200, **context: Any) -> TemplateResponse:
    """A template inside the frame."""
    request.current_app = admin.site.name
    return TemplateResponse(
        request,
        template,
        {**admin.site.each_context(request), "title": title, "is_fullwidth": "1", **context},
        status=status,
    )


def page_number(request: HttpRequest) -> int:
    """The page asked for by `?page=`, 1 when it is no number."""
    return asked.number(request.GET, "page") or 1


def sees(request: HttpRequest) -> Scope:
    """The part of the county the reader sees."""
    return scope_of(request.user)

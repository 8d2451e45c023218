"""In which language does a page speak?

In the one the reader chose with the switch in the header, else in the site's own (简体中文). The browser's wish is not
asked: a console in two languages on two desks of one office helps nobody.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation


class ChosenLanguageMiddleware:
    """Activates the language of the cookie for one request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the reader's language."""
        with translation.override(chosen(request)):
            request.LANGUAGE_CODE = translation.get_language()
            response = self._get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
            return response


def chosen(request: HttpRequest) -> str:
    """The language of the reader's cookie where the site speaks it, else the site's own."""
    code = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

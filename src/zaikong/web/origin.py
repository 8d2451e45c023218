"""May a page load anything from elsewhere?

Never: offices work on closed networks, and an account page must not tell a stranger's server that it was opened. The
browser is told so with every page, whatever a library would like to fetch.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

_POLICY = (
    "default-src 'self'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; "  # the frame writes its behaviour into attributes
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; "  # a chart is saved as a picture by way of a blob
    "font-src 'self' data:; "
    "connect-src 'self'; "
    "object-src 'none'; "
    "base-uri 'self'; "
    "form-action 'self'; "
    "frame-ancestors 'none'"
)


class OwnOriginMiddleware:
    """Sends the content security policy with every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the policy."""
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        return response

"""Why was a cut lawful, as its certificate says, and does the certificate still stand?"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from zaikong.application.roles import permission
from zaikong.store.queries import cut_page as queries
from zaikong.store.queries.scope import Scope
from zaikong.web.frame import page, page_number, shown
from zaikong.web.labels import CHINESE

_VIEW = permission("view_legalitycertificate")


@page(_VIEW)
@require_http_methods(["GET", "HEAD"])
def certificate_list(request: HttpRequest, *, scope: Scope) -> HttpResponse:
    """Every certificate in sight, the last first."""
    rows = queries.certificates(scope=scope, page=page_number(request))
    return shown(request, "zaikong/certificates.html", title=_("Legality certificates"), rows=rows, scope=scope)


@page(_VIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def certificate_page(request: HttpRequest, certificate_id: int, *, scope: Scope) -> HttpResponse:
    """One certificate; posted, it is checked against log and rule and the answer is shown."""
    from zaikong.application.certificate import certificate_document  # noqa: PLC0415 -- loads the rule on first use
    from zaikong.application.certificate_standing import check_certificate  # noqa: PLC0415 -- as above

    certificate = _in_sight(certificate_id, scope)
    told = certificate_document(certificate)
    return shown(
        request,
        "zaikong/certificate.html",
        title=certificate.certificate_no,
        certificate=certificate,
        told=told,
        conditions=[
            {**row, "said": [(name, told["facts"][name]) for name in row["facts"]]} for row in told["conditions"]
        ],
        checked=check_certificate(certificate) if request.method == "POST" else None,
    )


@page(_VIEW)
@require_GET
def certificate_json(_request: HttpRequest, certificate_id: int, *, scope: Scope) -> HttpResponse:
    """The certificate to the byte, as it was hashed."""
    certificate = _in_sight(certificate_id, scope)
    return _file(certificate.document.encode(), "application/json", f"{certificate.certificate_no}.json")


@page(_VIEW)
@require_GET
def certificate_pdf(_request: HttpRequest, certificate_id: int, *, scope: Scope) -> HttpResponse:
    """The certificate on paper, in the language of the page."""
    from zaikong.application.certificate import certificate_document  # noqa: PLC0415 -- as above
    from zaikong.application.documents.certificate import certificate_pdf as paper_of  # noqa: PLC0415 -- loads the type-setter

    certificate = _in_sight(certificate_id, scope)
    paper = paper_of(certificate_document(certificate), language="zh" if get_language() == CHINESE else "en")
    return _file(paper.content, paper.media_type, f"{certificate.certificate_no}.pdf")


def _in_sight(certificate_id: int, scope: Scope) -> Any:
    certificate = queries.certificate_by_id(certificate_id, scope=scope)
    if certificate is None:
        raise Http404(_("No such certificate is in your sight."))
    return certificate


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )

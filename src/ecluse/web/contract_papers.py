"""Papers of a contract on the pages of both sides: the list, the download, the upload."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecluse.control.audit.actor import Actor
from ecluse.control.contracts import papers, queries
from ecluse.control.contracts.papers import ContractPaper, PaperKind
from ecluse.control.contracts.queries import Amendment, Contract
from ecluse.domain.errors import Impossible
from ecluse.web.scanned import why_not_given_out, why_not_taken

PAPERS: Mapping[str, str | Promise] = MappingProxyType(
    {
        PaperKind.QUOTE: gettext_lazy("Quote"),
        PaperKind.ORDER: gettext_lazy("Order form"),
        PaperKind.AMENDMENT: gettext_lazy("Amendment"),
        PaperKind.SIGNED: gettext_lazy("Signed paper"),
    }
)


def shown_papers(contract: Contract, *, for_client: bool) -> list[tuple[ContractPaper, str | Promise]]:
    """Each with what it is, in words."""
    return [(each, PAPERS[each.kind]) for each in papers.papers_of(contract, for_client=for_client)]


def paper_response(request: HttpRequest, paper: ContractPaper, page: HttpResponse) -> HttpResponse:
    """To be saved, never shown by the browser in our place: somebody else may have made it. 404 where it is not what it was.

    `page`: where it is said why, should the virus scanner be against it.
    """
    body = papers.body_of(paper)
    if body is None:
        raise Http404
    if paper.kind == PaperKind.SIGNED and (why := why_not_given_out(body, paper=paper.pk)):
        messages.error(request, str(why))
        return page
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{papers.file_name(paper)}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def take_paper(request: HttpRequest, contract: Contract, amendment: Amendment | None, by: Actor) -> None:
    """What was uploaded; the page says how that went."""
    file = request.FILES.get("paper")
    body = b"" if file is None else file.read(papers.MAX_OCTETS + 1)
    why = why_not_taken(body) if papers.is_taken(body) else None
    if why:
        messages.error(request, str(why))
        return
    try:
        papers.upload_signed(contract, body, amendment=amendment, by=by)
    except papers.NoPaper:
        messages.error(request, _("This is no PDF of ten megabytes at most, or there are too many already."))
    except Impossible:
        messages.error(request, _("Nobody signs what was not sent."))
    else:
        messages.success(request, _("Saved."))


def amendment_named(request: HttpRequest, contract: Contract, *, for_client: bool) -> Amendment | None:
    """Which one the paper is of; None: of the contract itself. Raises `Http404` for another."""
    wanted = request.POST.get("of", "")
    if not wanted:
        return None
    find = queries.amendment_shown_to_client if for_client else queries.find_amendment
    found = find(contract, int(wanted)) if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 else None
    if found is None:
        raise Http404
    return found

"""What the client's people had already received when it was known for what it is: whom to warn."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail.late_flags import LateCause, late_flags
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.pages import page_of, searched

CAUSES = {
    LateCause.SCANNER: gettext_lazy("its file was refused later"),
    LateCause.PEOPLE: gettext_lazy("several recipients call it spam"),
}


@never_cache
@require_safe
@client_page(Permission.SEE_LOG)
def list_late_flags(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The newest first, or those that were looked for."""
    search = searched(request)
    page = page_of(request, late_flags(search))
    rows = [(each, CAUSES[LateCause(each.cause)]) for each in page]
    return show(request, visit, "console/late_flags.html", {"page": page, "rows": rows, "search": search})

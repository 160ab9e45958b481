"""Who of all clients may send no mail for now."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ecluse.control.abuse.locks import locks_everywhere
from ecluse.control.accounts.roles import Permission
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.console.lock_words import in_words


@never_cache
@require_safe
@provider_page(Permission.HANDLE_ABUSE)
def list_locks(request: HttpRequest, duty: Duty) -> HttpResponse:
    """The newest first; unlocked on the client's own page."""
    return show(request, duty, "backoffice/locks.html", {"rows": list(map(in_words, locks_everywhere()))})

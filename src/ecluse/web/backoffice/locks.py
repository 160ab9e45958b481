"""Who of all clients may send no mail for now, and whose limits are near or reached."""

from __future__ import annotations

import time

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ecluse.control.abuse.locks import locks_everywhere
from ecluse.control.abuse.near_limits import near_limits_everywhere
from ecluse.control.accounts.roles import Permission
from ecluse.web.backoffice.access import Duty, provider_page, show
from ecluse.web.console import limit_words
from ecluse.web.console.lock_words import in_words


@never_cache
@require_safe
@provider_page(Permission.HANDLE_ABUSE)
def list_locks(request: HttpRequest, duty: Duty) -> HttpResponse:
    """The newest first; unlocked on the client's own page."""
    near = [limit_words.in_words(each, time.time()) for each in near_limits_everywhere()]
    return show(request, duty, "backoffice/locks.html", {"rows": list(map(in_words, locks_everywhere())), "near": near})

"""The pages behind a digest's links: GET shows, POST acts, so that whoever opens every link changes nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ecluse.control.mail.digest_links import Link, LinkAct, open_link, use_link
from ecluse.control.mail.quarantine import NotAllowed
from ecluse.domain.errors import Impossible
from ecluse.web.release.limits import LINKS_OF_A_RECIPIENT
from ecluse.web.secret_address import secret_address
from ecluse.web.who import ip_of


@secret_address
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, token: str) -> HttpResponse:
    """One act on one message for its recipient."""
    link = open_link(token)
    if link is None or link.act is LinkAct.UNSUBSCRIBE:
        return render(request, "release/unknown.html", status=404)
    if LINKS_OF_A_RECIPIENT.is_reached(link.recipient):
        return render(request, "release/too_often.html", status=429)
    if request.method != "POST":
        return render(request, "digests/act.html", {"link": link})
    return _done(request, link)


@csrf_exempt  # The mail program of the recipient posts here by itself (RFC 8058); who has the address may.
@secret_address
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """No more digests for this address."""
    link = open_link(token)
    if link is None or link.act is not LinkAct.UNSUBSCRIBE:
        return render(request, "release/unknown.html", status=404)
    is_done = request.method == "POST" and use_link(link, ip=ip_of(request))
    return render(request, "digests/unsubscribe.html", {"link": link, "is_done": is_done})


def _done(request: HttpRequest, link: Link) -> HttpResponse:
    try:
        is_done = use_link(link, ip=ip_of(request))
    except (NotAllowed, Impossible):
        is_done = False
    return render(request, "digests/done.html", {"link": link, "is_done": is_done})

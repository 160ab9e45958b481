"""The pages behind a digest's links: GET shows, POST acts, so that whoever opens every link changes nothing."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from django_scopes import scope

from ecluse.control.mail.digest_links import Link, LinkAct, link_for, open_link, order_look, use_link
from ecluse.control.mail.held import HeldCopy
from ecluse.control.mail.quarantine import NotAllowed
from ecluse.domain.errors import Impossible
from ecluse.web import looking
from ecluse.web.limits import Limit
from ecluse.web.release.limits import LINKS_OF_A_RECIPIENT
from ecluse.web.secret_address import secret_address
from ecluse.web.who import ip_of

LOOKS_INTO = Limit("digest-looks", 10, 3_600)  # By copy: each has a node send a message up.


@secret_address
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, token: str) -> HttpResponse:
    """One act on one message for its recipient."""
    link = open_link(token)
    if link is None or link.copy is None:
        return render(request, "release/unknown.html", status=404)
    if LINKS_OF_A_RECIPIENT.is_reached(link.recipient):
        return render(request, "release/too_often.html", status=429)
    if link.asks_for_login:
        return redirect("own_message", client_id=link.copy.client.pk, copy_id=link.copy.pk)
    if link.act is LinkAct.LOOK:
        return _look(request, link, link.copy)
    if request.method != "POST":
        return render(request, "digests/act.html", {"link": link})
    return _done(request, link)


@secret_address
@require_safe
def looked(request: HttpRequest, token: str, order_id: str) -> HttpResponse:
    """A frame for the message, once its node has sent it up. The signature alone says whose it is: it is not counted."""
    copy = _copy_to_look_at(token)
    again, source = reverse("digest_frame", args=[token, order_id]), reverse("digest_content", args=[token, order_id])
    back = reverse("digest_link", args=[token])
    with scope(client=copy.client):
        return looking.frame(request, copy, order_id, again=again, source=source, back=back)


@secret_address
@require_safe
@looking.framed
def content(request: HttpRequest, token: str, order_id: str) -> HttpResponse:
    """The message in a frame of its own."""
    copy = _copy_to_look_at(token)
    with scope(client=copy.client):
        return looking.content(request, copy, order_id)


@csrf_exempt  # The mail program of the recipient posts here by itself (RFC 8058); who has the address may.
@secret_address
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """No more digests for this address."""
    return _of_recipient(request, token, LinkAct.UNSUBSCRIBE, "digests/unsubscribe.html")


@secret_address
@require_http_methods(["GET", "HEAD", "POST"])
def now(request: HttpRequest, token: str) -> HttpResponse:
    """A digest at once, to the address that the link is for."""
    return _of_recipient(request, token, LinkAct.NOW, "digests/now.html")


def _of_recipient(request: HttpRequest, token: str, act: LinkAct, template: str) -> HttpResponse:
    """What concerns an address, not a message: asked for by GET, done by POST."""
    link = open_link(token)
    if link is None or link.act is not act:
        return render(request, "release/unknown.html", status=404)
    if link.asks_for_login and link.client is not None:
        return redirect("own_digests", client_id=link.client.pk)
    is_done = request.method == "POST" and use_link(link, ip=ip_of(request))
    return render(request, template, {"link": link, "is_done": is_done})


def _copy_to_look_at(token: str) -> HeldCopy:
    link = open_link(token)
    if link is None or link.copy is None or link.act is not LinkAct.LOOK or not link.is_open:
        raise Http404
    return link.copy


def _look(request: HttpRequest, link: Link, copy: HeldCopy) -> HttpResponse:
    if request.method == "POST":
        if LOOKS_INTO.is_reached(str(copy.pk)):
            return render(request, "release/too_often.html", status=429)
        ordered = order_look(link, ip=ip_of(request))
        if ordered is not None:
            return redirect(f"{request.path}?look={ordered.pk}")
    with scope(client=copy.client):
        order = looking.order_of(copy, request.GET.get("look", ""))
    release = link_for(link.recipient, LinkAct.RELEASE, copy.pk)
    return render(request, "digests/look.html", {"link": link, "order": order, "release": release})


def _done(request: HttpRequest, link: Link) -> HttpResponse:
    try:
        is_done = use_link(link, ip=ip_of(request))
    except (NotAllowed, Impossible):
        is_done = False
    return render(request, "digests/done.html", {"link": link, "is_done": is_done})

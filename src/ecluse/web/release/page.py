"""The sender's release: GET shows, POST acts, since scanners open every link."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from ecluse.control.mail.human_test import Mistake, mistake_in, new_test
from ecluse.control.mail.quarantine import NotAllowed
from ecluse.control.mail.sender_release import Refused, find_refused, release_by_sender
from ecluse.domain.errors import Impossible
from ecluse.domain.release_token import token_digest
from ecluse.web.release.digits import spoken
from ecluse.web.release.limits import LOOKS, TRIES, TRIES_OF_A_MESSAGE
from ecluse.web.secret_address import secret_address
from ecluse.web.who import ip_of

_MISTAKES = {
    Mistake.NO_PROOF: gettext_lazy("Your browser has not finished its part of the test. Please try again."),
    Mistake.USED: gettext_lazy("This test was answered already. Here is a fresh one."),
    Mistake.CODE: gettext_lazy("The code was not right. Here is a fresh one."),
}


@secret_address
@require_http_methods(["GET", "HEAD", "POST"])
def release(request: HttpRequest, token: str) -> HttpResponse:
    """Who has the secret sees what he wrote, and may let it go."""
    if LOOKS.is_reached(ip_of(request)):
        return render(request, "release/too_often.html", status=429)
    refused = find_refused(token)
    if refused is None:
        return render(request, "release/unknown.html", status=404)
    if request.method == "POST" and refused.may_release:
        return _answer(request, token, refused)
    return _show(request, token, refused)


def _answer(request: HttpRequest, token: str, refused: Refused) -> HttpResponse:
    if TRIES.is_reached(ip_of(request)) or TRIES_OF_A_MESSAGE.is_reached(refused.message.id):
        return render(request, "release/too_often.html", status=429)
    proof, typed = request.POST.get("proof", ""), request.POST.get("code", "")
    mistake = mistake_in(proof, typed[:20], token_digest(token))
    if mistake is not None:
        return _show(request, token, refused, mistake=_MISTAKES[mistake], status=422)
    try:
        release_by_sender(refused, ip=ip_of(request))
    except (NotAllowed, Impossible):
        return render(request, "release/unknown.html", status=404)
    return redirect("release", token=token)


def _show(request: HttpRequest, token: str, refused: Refused, status: int = 200, **more: Any) -> HttpResponse:
    values: dict[str, Any] = {"refused": refused, **more}
    if refused.may_release:
        test = new_test(token_digest(token))
        values |= {"challenge": test.challenge, "code": spoken(test.digits)}
    return render(request, "release/release.html", values, status=status)

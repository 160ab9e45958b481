"""The quarantine: what is held for a client's people, a look into it, and what may be done with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django import forms
from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail import held, objections, preview, quarantine
from ecluse.control.mail import log as mail_log
from ecluse.control.mail.held import HeldCopy
from ecluse.domain.errors import Unavailable
from ecluse.domain.incoming import Direction
from ecluse.domain.order import Releaser
from ecluse.filtering.explanation import sentence_of
from ecluse.web import looking
from ecluse.web.backends import backends
from ecluse.web.console.access import Visit, client_page, show
from ecluse.web.console.log_words import FATES
from ecluse.web.console.objections import is_client_side
from ecluse.web.digests.forms import CLASSES
from ecluse.web.held_acts import RELEASE_AND_REPORT, perform, report, ticked
from ecluse.web.languages import page_language
from ecluse.web.pages import or_404, page_of, typed

_WAITING = "waiting"
_STATES = {
    _WAITING: held.WAITING,
    "asked": ("asked",),
    "released": ("releasing", "released"),
    "deleted": ("deleting", "deleted"),
}
_CLASSES = (("", gettext_lazy("All classes")), *CLASSES, ("P", gettext_lazy("Refused for good (P)")))
_CHANNELS = {
    Releaser.ADMINISTRATOR: gettext_lazy("by administrators"),
    Releaser.RECIPIENT: gettext_lazy("by recipients"),
    Releaser.SENDER: gettext_lazy("by senders"),
}


class SearchForm(forms.Form):
    """What to look for."""

    q = forms.CharField(label=gettext_lazy("Recipient, domain or sender"), max_length=320, required=False)
    words = forms.CharField(label=gettext_lazy("Words of author or subject"), max_length=100, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Class"), choices=_CLASSES, required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=(
            (_WAITING, gettext_lazy("Held")),
            ("asked", gettext_lazy("Release asked for")),
            ("released", gettext_lazy("Released")),
            ("deleted", gettext_lazy("Deleted")),
        ),
    )


@never_cache
@require_safe
@client_page(Permission.SEE_LOG)
def list_held(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What came for the client's people."""
    return _list(request, visit, Direction.INBOUND)


@never_cache
@require_safe
@client_page(Permission.SEE_LOG)
def approvals(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What they have sent, and an administrator has to approve."""
    return _list(request, visit, Direction.OUTBOUND)


def _list(request: HttpRequest, visit: Visit, direction: Direction) -> HttpResponse:
    """The newest first. Author and subject are content: only those see them who may see that (14-2)."""
    form = SearchForm(request.GET)
    if not _sees_words(visit):
        del form.fields["words"]
    values = form.cleaned_data if form.is_valid() else {}
    state = values.get("state") or _WAITING
    search = held.Search(
        anybody=values.get("q", ""), category=values.get("kind", ""), direction=direction, states=_STATES[state]
    )
    page, rows = _page(request, visit, held.copies(search), values.get("words", ""))
    shown = {
        "form": form,
        "page": page,
        "rows": rows,
        "is_outbound": direction is Direction.OUTBOUND,
        "is_waiting": state in (_WAITING, "asked"),
        "channels": _channels() if state == "released" and direction is Direction.INBOUND else (),
    }
    return show(request, visit, "console/quarantine.html", shown)


@never_cache
@require_safe
@client_page(Permission.SEE_LOG)
def message(request: HttpRequest, visit: Visit, copy_id: int) -> HttpResponse:
    """One copy: what it is, why it is held, what became of it; and its content, once it was asked for."""
    [(copy, words)] = _with_words(visit, [_find(copy_id)])
    shown = {
        "copy": copy,
        "words": words,
        "class": dict(_CLASSES[1:]).get(copy.category, ""),
        "found": [(code, sentence_of(code, page_language())) for code in sorted(held.codes_of(copy.message))],
        "order": looking.order_of(copy, request.GET.get("look", "")),
        "delivery": _delivery(visit, copy),
        "is_outbound": copy.message.is_outbound,
        "may_object": is_client_side(visit) and not copy.message.is_outbound,
        "raised": objections.of_message(copy.message_id, [copy.recipient]).get(copy.recipient),
    }
    return show(request, visit, "console/held_message.html", shown)


@require_POST
@client_page(Permission.SEE_CONTENT)
def look(request: HttpRequest, visit: Visit, copy_id: int) -> HttpResponse:  # noqa: ARG001 - the signature of all views.
    """Have the message sent up by its node; that somebody looked is recorded (14-3)."""
    copy = _find(copy_id)
    order = preview.order_preview(copy, visit.client, by=visit.by)
    response = redirect("held_message", client_id=visit.client.pk, copy_id=copy.pk)
    response["Location"] += f"?look={order.pk}"
    return response


@never_cache
@require_safe
@client_page(Permission.SEE_CONTENT)
def looked(request: HttpRequest, visit: Visit, copy_id: int, order_id: str) -> HttpResponse:
    """A frame for the message, or the same question once more in a moment, until the order has expired."""
    place = {"client_id": visit.client.pk, "copy_id": copy_id}
    frame, source = (reverse(each, kwargs=place | {"order_id": order_id}) for each in ("held_frame", "held_content"))
    back = reverse("held_message", kwargs=place)
    return looking.frame(request, _find(copy_id), order_id, again=frame, source=source, back=back)


@require_safe
@looking.framed
@client_page(Permission.SEE_CONTENT)
def content(request: HttpRequest, visit: Visit, copy_id: int, order_id: str) -> HttpResponse:  # noqa: ARG001 - the signature of all views.
    """The message in a frame of its own."""
    return looking.content(request, _find(copy_id), order_id)


@require_POST
@client_page(Permission.RELEASE)
def act(request: HttpRequest, visit: Visit) -> HttpResponse:
    """One act on all that were ticked."""
    wanted = _ACTS.get(request.POST.get("act", ""))
    if wanted in (quarantine.decline, quarantine.delete):
        wanted = partial(wanted, reason=typed(request.POST.get("reason", ""), quarantine.MAX_REASON))
    copies = list(held.find_copies(ticked(request)))
    is_done = perform(request, wanted and partial(_ordered, visit, wanted), copies)
    if is_done and request.POST["act"] == RELEASE_AND_REPORT:
        report(request, copies, visit.client, by=visit.by, is_user=False)
    is_outbound = any(copy.message.is_outbound for copy in copies)
    return redirect("approvals" if is_outbound else "quarantine", client_id=visit.client.pk)


def _ordered(visit: Visit, wanted: Callable[..., int], copies: list[HeldCopy]) -> str:
    count = wanted(copies, visit.client, by=visit.by)
    return ngettext("Ordered for %(count)d message.", "Ordered for %(count)d messages.", count) % {"count": count}


_ACTS: dict[str, Callable[..., int]] = {
    "release": partial(quarantine.release, channel=Releaser.ADMINISTRATOR),
    "release-allow": partial(quarantine.release, channel=Releaser.ADMINISTRATOR, allows_sender=True),
    RELEASE_AND_REPORT: partial(quarantine.release, channel=Releaser.ADMINISTRATOR, is_reported=True),
    "delete": quarantine.delete,
    "block": partial(quarantine.block, channel=Releaser.ADMINISTRATOR),
    "decline": quarantine.decline,
    "rescan": quarantine.rescan,
}


def _find(copy_id: int) -> HeldCopy:
    return or_404(held.find_copies([copy_id]).first())


def _with_words(visit: Visit, copies: Iterable[HeldCopy]) -> list[tuple[HeldCopy, held.HeldSummary]]:
    if not _sees_words(visit):
        return [(each, held.UNKNOWN) for each in copies]
    return list(held.with_summaries(copies, visit.client))


def _page(
    request: HttpRequest, visit: Visit, found: QuerySet[HeldCopy], words: str
) -> tuple[Page[Any], list[tuple[HeldCopy, held.HeldSummary]]]:
    if words:
        page = page_of(request, list(held.with_words(found, words, visit.client)))
        return page, list(page)
    page = page_of(request, found)
    return page, _with_words(visit, page)


def _sees_words(visit: Visit) -> bool:
    """Author and subject are content (14-2)."""
    return visit.grant.allows(Permission.SEE_CONTENT)


def _channels() -> list[tuple[object, int]]:
    """How often each has released of late: they count differently (1-9)."""
    counts = quarantine.count_by_channel(time.time() - held.KEPT_DAYS * quarantine.DAY_S)
    return [(words, counts[channel]) for channel, words in _CHANNELS.items()]


def _delivery(visit: Visit, copy: HeldCopy) -> dict[str, object] | None:
    """What the log says of a released copy; None where it says nothing, or cannot be asked."""
    if copy.state not in _STATES["released"]:
        return None
    try:
        found = mail_log.delivery_of(backends().message_log(), visit.client.name, copy.message_id, copy.recipient)
    except Unavailable:
        return None
    if found is None:
        return None
    return {"what": FATES[found.fate], "reply": found.reply, "at": datetime.fromtimestamp(found.at, UTC)}

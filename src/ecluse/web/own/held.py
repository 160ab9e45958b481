"""What is held for the visitor, a look into it, and what he may do with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ecluse.control.mail import objections, own, preview, quarantine
from ecluse.control.mail.held import HeldCopy, rules_of, with_summaries
from ecluse.domain.order import Releaser
from ecluse.web import looking
from ecluse.web.held_acts import RELEASE_AND_REPORT, perform, report, ticked
from ecluse.web.own.access import OwnVisit, own_page, show_own
from ecluse.web.pages import page_of


@never_cache
@require_safe
@own_page
def list_held(request: HttpRequest, mine: OwnVisit) -> HttpResponse:
    """The newest first."""
    page = page_of(request, own.copies(mine.keys))
    found = with_summaries(page, mine.visit.client)
    rules = rules_of(mine.visit.client)
    rows = [(copy, words, own.answer_to(copy, rules).value) for copy, words in found]
    return show_own(request, mine, "own/held.html", {"page": page, "rows": rows})


@never_cache
@require_safe
@own_page
def message(request: HttpRequest, mine: OwnVisit, copy_id: int) -> HttpResponse:
    """One of them, and its content once it was asked for."""
    [(copy, words)] = with_summaries([mine.copy(copy_id)], mine.visit.client)
    shown = {
        "copy": copy,
        "words": words,
        "raised": objections.of_message(copy.message_id, [copy.recipient]).get(copy.recipient),
        "refusal": own.last_refusal(copy),
        "answer": own.answer_to(copy, rules_of(mine.visit.client)).value,
        "order": looking.order_of(copy, request.GET.get("look", "")),
    }
    return show_own(request, mine, "own/message.html", shown)


@require_POST
@own_page
def look(_request: HttpRequest, mine: OwnVisit, copy_id: int) -> HttpResponse:
    """Have it sent up by its node."""
    copy = mine.copy(copy_id)
    order = preview.order_preview(copy, mine.visit.client, by=mine.visit.by)
    response = redirect("own_message", client_id=mine.visit.client.pk, copy_id=copy.pk)
    response["Location"] += f"?look={order.pk}"
    return response


@never_cache
@require_safe
@own_page
def looked(request: HttpRequest, mine: OwnVisit, copy_id: int, order_id: str) -> HttpResponse:
    """A frame for it, once it is here."""
    place = {"client_id": mine.visit.client.pk, "copy_id": copy_id}
    again, source = (reverse(each, kwargs=place | {"order_id": order_id}) for each in ("own_frame", "own_content"))
    back = reverse("own_message", kwargs=place)
    return looking.frame(request, mine.copy(copy_id), order_id, again=again, source=source, back=back)


@require_safe
@looking.framed
@own_page
def content(request: HttpRequest, mine: OwnVisit, copy_id: int, order_id: str) -> HttpResponse:
    """The message in a frame of its own."""
    return looking.content(request, mine.copy(copy_id), order_id)


@require_POST
@own_page
def act(request: HttpRequest, mine: OwnVisit) -> HttpResponse:
    """One act on all that were ticked, of his own."""
    mine.demand_himself()
    wanted = _ACTS.get(request.POST.get("act", ""))
    copies = list(own.copies(mine.keys).filter(pk__in=ticked(request)))
    is_done = perform(request, wanted and partial(wanted, mine), copies)
    if is_done and request.POST["act"] == RELEASE_AND_REPORT:
        report(request, copies, mine.visit.client, by=mine.visit.by, is_user=True)
    return redirect("own_mail", client_id=mine.visit.client.pk)


def _release(mine: OwnVisit, copies: list[HeldCopy], **more: bool) -> str:
    done = own.release_or_ask(copies, mine.visit.client, by=mine.visit.by, **more)
    said = []
    if done.released:
        said.append(
            ngettext("%(count)d message comes.", "%(count)d messages come.", done.released) % {"count": done.released}
        )
    if done.asked:
        text = ngettext(
            "An administrator is asked for %(count)d message.",
            "An administrator is asked for %(count)d messages.",
            done.asked,
        )
        said.append(text % {"count": done.asked})
    return " ".join(said)


def _block(mine: OwnVisit, copies: list[HeldCopy]) -> str:
    quarantine.block(copies, mine.visit.client, channel=Releaser.RECIPIENT, by=mine.visit.by)
    return _("Deleted, and their senders are blocked for you.")


def _delete(mine: OwnVisit, copies: list[HeldCopy]) -> str:
    quarantine.delete(copies, mine.visit.client, by=mine.visit.by)
    return _("Deleted.")


_ACTS: dict[str, Callable[[OwnVisit, list[HeldCopy]], str]] = {
    "release": _release,
    "release-allow": lambda mine, copies: _release(mine, copies, allows_sender=True),
    RELEASE_AND_REPORT: lambda mine, copies: _release(mine, copies, is_reported=True),
    "delete": _delete,
    "block": _block,
}

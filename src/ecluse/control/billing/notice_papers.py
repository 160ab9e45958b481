"""Letters of the ladder as PDF for the registered post: drawn while a rung waits for its person, who posts one and then says yes (6-9, 6-10).

A letter is never drawn anew: where less is left to pay it is another one, and both are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db.models import Prefetch
from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.billing.dunning import Told, told_today
from ecluse.control.billing.models import Invoice, Notice, NoticeKind, NoticePaper
from ecluse.control.billing.parties import Buyer, Seller
from ecluse.control.billing.registers import newest_buyer, newest_seller, read_buyer, read_seller
from ecluse.domain.errors import Impossible

log = structlog.get_logger()

POSTED = (NoticeKind.FORMAL_NOTICE, NoticeKind.SUSPENSION, NoticeKind.TERMINATION)
_BY = Actor(ActorKind.JOB, "invoices")


@dataclass(frozen=True, slots=True)
class PaperNotice:
    """What is to be drawn."""

    told: Told
    seller: Seller
    buyer: Buyer


def draw_notices(draw: Callable[[PaperNotice], bytes]) -> int:
    """Draw what waits for an answer and has no letter of what is left; how many. One that cannot be drawn keeps no other from it.

    What `draw` says by `Impossible` is logged, and so names no client; of whatever else is raised only the kind is.
    """
    with scopes_disabled():  # Notices of all clients.
        waiting = Notice.objects.filter(kind__in=POSTED, approved_at=None, declined_at=None, dropped_at=None)
        found = list(waiting.select_related("client", "invoice__contract", "invoice__seller", "invoice__buyer"))
    count = 0
    for each in found:
        with scope(client=each.client):
            count += _is_drawn(each, draw)
    return count


def notices_of(invoice: Invoice) -> list[Notice]:
    """Its rungs, with their letters, without bodies. In its client's scope."""
    return list(invoice.notices.prefetch_related(Prefetch("papers", NoticePaper.objects.defer("body"))))


def find_paper(notice: Notice, pk: int) -> NoticePaper | None:
    """One of its."""
    return notice.papers.filter(pk=pk).first()


def body_of(paper: NoticePaper) -> bytes | None:
    """As it was drawn; None where it is not that any more, which is logged."""
    body = bytes(paper.body)
    if hashlib.sha256(body).hexdigest() != paper.sha256:
        log.error("paper changed", notice=paper.notice_id, paper=paper.pk)
        return None
    return body


def _is_drawn(notice: Notice, draw: Callable[[PaperNotice], bytes]) -> bool:
    told, invoice = told_today(notice), notice.invoice
    if told is None or told.left <= 0 or notice.papers.filter(left=told.left).exists():
        return False
    seller, buyer = read_seller(newest_seller() or invoice.seller), read_buyer(newest_buyer() or invoice.buyer)
    try:
        body = draw(PaperNotice(told, seller, buyer))
    except Exception as problem:  # noqa: BLE001 - texts of people choose what a drawing library raises.
        what = str(problem) if isinstance(problem, Impossible) else type(problem).__name__
        log.error("notice not drawn", invoice=invoice.reference, problem=what)
        return False
    values = {"client_id": notice.client_id, "body": body, "sha256": hashlib.sha256(body).hexdigest()}
    with change(by=_BY) as act:
        row, is_new = NoticePaper.objects.get_or_create(
            notice=notice, left=told.left, defaults=values | {"made_at": act.at}
        )
        if is_new:
            after = {"invoice": invoice.reference, "sha256": row.sha256}
            act.record("notice.drawn", notice, client_id=notice.client_id, after=after)
    return is_new

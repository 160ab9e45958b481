"""Whoever complains of a client's outbound mail gets none any more: read `suppress_complainers`.

A complaint alone proves little: anybody can send one, and name whom he likes. It counts where who stands behind it may
speak for the recipient, and where the client has written to that recipient.
"""

from __future__ import annotations

from django_scopes import scope, scopes_disabled

from ecluse.control.abuse.feedback_loops import is_feedback_loop
from ecluse.control.abuse.models import ToldComplaint
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.suppression.services import ListIsFull, suppress
from ecluse.domain.errors import Unavailable
from ecluse.domain.incoming import Direction
from ecluse.domain.log_search import LogSearch
from ecluse.domain.suppression import SuppressionCause
from ecluse.filtering.free_mail import is_free_mail
from ecluse.ports.message_log import MessageLog
from ecluse.wire.names.registrable import registrable_domain

WRITTEN_WITHIN_S = 60 * 86_400.0  # Before the complaint.
AT_ONCE = 200
_BY = Actor(ActorKind.JOB, "complaints")


def complaints_since(since: float) -> int:
    """How many came to the scope's client since then."""
    return ToldComplaint.objects.filter(received_at__gte=since).count()


def suppress_complainers(log: MessageLog) -> int:
    """Look at each complaint once; how many were suppressed. Over all clients."""
    with scopes_disabled():  # A job of the provider's.
        fresh = list(ToldComplaint.objects.filter(is_heeded=False).select_related("client")[:AT_ONCE])
    count = 0
    for each in fresh:
        with scope(client=each.client):
            count += _heed(each, log)
    return count


def _heed(complaint: ToldComplaint, log: MessageLog) -> bool:
    try:
        counts = _may_speak(complaint) and _was_written_to(complaint, log)
    except Unavailable:
        return False  # The next look finds it again.
    ToldComplaint.objects.filter(pk=complaint.pk).update(is_heeded=True)
    return counts and _is_suppressed(complaint)


def _is_suppressed(complaint: ToldComplaint) -> bool:
    why = f"{complaint.kind}, {complaint.reporter}"
    try:
        suppress(complaint.client, complaint.recipient, SuppressionCause.COMPLAINT, why, by=_BY)
    except ListIsFull:
        return False
    return True


def _may_speak(complaint: ToldComplaint) -> bool:
    """A feedback loop, or the recipient's own domain; not where anybody may open a mailbox: one would speak for all."""
    reporter = registrable_domain(complaint.reporter)
    whose = registrable_domain(complaint.recipient.rpartition("@")[2])
    if reporter is None or whose is None:
        return False
    if is_feedback_loop(complaint.author, reporter):
        return True
    return reporter == whose and not is_free_mail(reporter)


def _was_written_to(complaint: ToldComplaint, log: MessageLog) -> bool:
    search = LogSearch(
        client=complaint.client.name,
        recipient=complaint.recipient,
        since=complaint.received_at - WRITTEN_WITHIN_S,
        direction=Direction.OUTBOUND.value,
    )
    return bool(log.search(search, 1).rows)

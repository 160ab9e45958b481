"""The header of the message that brought about a lock: kept sealed for 30 days, given out as a report of abuse (RFC 5965).

Decision 0034: who may see held mail from within sees it, and each look is recorded (14-3).
"""

from __future__ import annotations

import time

import msgspec
from django.db.models import Q, QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.abuse.models import Case, ToldLock
from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.keystore.services import content_key
from ecluse.control.mail.held import rules_of
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible
from ecluse.domain.lock_evidence import KEPT_S
from ecluse.wire.reports.abuse_report import abuse_report
from ecluse.wire.sealing.evidence import opened_evidence, seal_of

MOST = 50
_DAY_S = 86_400.0


def locks_with_evidence() -> QuerySet[ToldLock]:
    """Those of the open scope of which there is some, the newest first; each as the node that locked first has told it."""
    found = ToldLock.objects.filter(origin="").exclude(Q(evidence=None) | Q(evidence=b""))
    return found.defer("evidence")[:MOST]  # It is opened one at a time.


def count_for(case: Case) -> int:
    """Of how many locks of the case's client there is some."""
    if case.client is None:
        return 0
    with scope(client=case.client):
        return locks_with_evidence().count()


def report_of(lock: ToldLock, client: Client, author: str, said: str, *, by: Actor) -> bytes:
    """The report, a whole mail; `author` is whom it comes from. The caller has looked at whether he may.

    Raises `Impossible` where nothing is kept, or can be opened any more.
    """
    kept = bytes(lock.evidence or b"")
    if not kept:
        raise Impossible("nothing is kept of the message")
    try:
        found = opened_evidence(kept, content_key(client, seal_of(kept), lock.lock_id), lock.lock_id)
    except msgspec.MsgspecError as problem:
        raise Impossible("what was kept is damaged") from problem
    with change(by=by) as act:
        act.record(
            "lock.report-read", lock, client_id=client.pk, after={"lock": lock.lock_id, "message": found.message_id}
        )
    return abuse_report(found, author, author.rpartition("@")[2], said, time.time())


def forget_evidence(now: float) -> int:
    """What is older than its client keeps held mail, and than 30 days in any case (15-4); of how many locks. The provider's job."""
    with scopes_disabled():  # Of all clients.
        clients = list(Client.objects.filter(pk__in=ToldLock.objects.exclude(evidence=None).values("client")))
    count = 0
    for client in clients:
        with scope(client=client):
            before = now - min(KEPT_S, rules_of(client).keep_days * _DAY_S)
            count += ToldLock.objects.exclude(evidence=None).filter(since__lt=before).update(evidence=None)
    return count

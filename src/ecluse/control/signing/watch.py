"""The records that a sending domain needs beside its keys: looked at when somebody asks, and by a job once a day."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Min, Q, QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.signing.models import SendingRecord
from ecluse.control.signing.records import Proposal, Provider, RecordFound, look_at, proposals
from ecluse.control.tenants.models import Domain
from ecluse.domain.dns import Answer, DnsStatus
from ecluse.wire.dkim.publishing import Standing

EVERY = timedelta(days=1)
MOST_AT_ONCE = 100  # Domains in one round.
_SIDE_BY_SIDE = 8

LookUp = Callable[[str, str], Answer]


@dataclass(frozen=True, slots=True)
class Watched:
    """A record that is proposed, and what was found last; None where nobody has looked."""

    proposal: Proposal
    found: RecordFound | None
    looked_at: datetime | None


def provider() -> Provider:
    """What this installation proposes."""
    ours: Provider = settings.ECLUSE_SENDING
    return ours


def watched(domain: Domain) -> list[Watched]:
    """All that is proposed, as it was found last. In the client's scope."""
    rows = {row.purpose: row for row in SendingRecord.objects.filter(domain=domain)}
    return [_watched(each, rows.get(each.purpose.value)) for each in proposals(domain.name, provider())]


def look_now(domain: Domain, look_up: LookUp, now: datetime) -> int:
    """Ask the DNS for all that is proposed; how many records are other ones than before. In the client's scope."""
    wanted = proposals(domain.name, provider())
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        answers = list(pool.map(lambda each: look_up(each.record.name, "TXT"), wanted))
    return sum(_note(domain, each, look_at(each, answer), now) for each, answer in zip(wanted, answers, strict=True))


def watch(now: datetime, look_up: LookUp) -> int:
    """Look at the domains whose records were not looked at for a day; how many records changed. Over all clients."""
    with scopes_disabled():  # A job of the provider's.
        due = list(_due(now)[:MOST_AT_ONCE])
    count = 0
    for domain in due:
        with scope(client=domain.client):
            count += look_now(domain, look_up, now)
    return count


def _due(now: datetime) -> QuerySet[Domain]:
    """Those that wait longest first, so that none is left out for ever; what is proposed no longer does not count."""
    wanted = [each.purpose.value for each in proposals("", provider())]
    last = Min("sending_records__looked_at", filter=Q(sending_records__purpose__in=wanted))
    rows = Domain.objects.filter(signing_keys__isnull=False, proven_at__isnull=False).annotate(last=last)
    late = rows.filter(Q(last__isnull=True) | Q(last__lte=now - EVERY))
    return late.select_related("client").order_by(F("last").asc(nulls_first=True), "pk").distinct()


def _watched(proposal: Proposal, row: SendingRecord | None) -> Watched:
    if row is None:
        return Watched(proposal, None, None)
    found = look_at(proposal, Answer(DnsStatus.OK, tuple(each.encode() for each in row.texts)))
    standing = Standing(row.standing)
    return Watched(proposal, RecordFound(standing, found.texts, found.wanted), row.looked_at)


def _note(domain: Domain, proposal: Proposal, found: RecordFound, now: datetime) -> int:
    """Silence changes nothing that is known."""
    row = SendingRecord.objects.filter(domain=domain, purpose=proposal.purpose).first()
    if row is not None and found.standing is Standing.UNKNOWN:
        row.looked_at = now
        row.save(update_fields=["looked_at"])
        return 0
    is_other = row is None or (row.standing, list(row.texts)) != (found.standing.value, list(found.texts))
    row = row or SendingRecord(client_id=domain.client_id, domain=domain, purpose=proposal.purpose, changed_at=now)
    was_known = row.pk is not None
    row.standing, row.texts, row.looked_at = found.standing.value, list(found.texts), now
    if is_other:
        row.changed_at = now
    row.save()
    return int(is_other and was_known)

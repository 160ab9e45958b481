"""Looking at all keys: which are in the DNS, which begin to sign, retire or go, and which are old enough for a new pair."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.signing.life import LIVING, KeyState, Moment, next_state
from ecluse.control.signing.models import SigningKey
from ecluse.control.signing.services import make_pair, move, note_look
from ecluse.control.tenants.models import Domain
from ecluse.domain.dns import Answer
from ecluse.domain.errors import Impossible
from ecluse.wire.dkim.publishing import Standing, standing_of_text

MOST_AT_ONCE = 500  # In one round; those that were looked at longest ago come first.
_SIDE_BY_SIDE = 8
_WAITING = (KeyState.CREATED, KeyState.PUBLISHED)  # Somebody waits for these.
_BY = Actor(ActorKind.JOB, "signing keys")

LookUp = Callable[[str, str], Answer]


def look_at_keys(now: datetime, look_up: LookUp) -> int:
    """Ask the DNS for the keys that are due, and take the steps that follow; how many were taken. Over all clients."""
    with scopes_disabled():  # A job of the provider's.
        keys = list(_due(now)[:MOST_AT_ONCE])
    return _look(keys, now, look_up)


def look_at_domain(domain: Domain, now: datetime, look_up: LookUp) -> None:
    """The same for one domain, whose owner waits for it: a new key may sign after it. In the client's scope."""
    for _ in range(2):  # Found in the DNS, and then taken into use.
        keys = list(SigningKey.objects.filter(domain=domain, state__in=LIVING).select_related("domain", "client"))
        if not _look(keys, now, look_up):
            return


def make_due_pairs(now: datetime, rotate_after: timedelta) -> int:
    """A new pair for each domain whose keys have signed that long, unless one waits already; how many."""
    if not rotate_after:
        return 0
    with scopes_disabled():  # A job of the provider's.
        old = SigningKey.objects.filter(state=KeyState.ACTIVE, state_since__lte=now - rotate_after)
        fresh = SigningKey.objects.filter(state__in=_WAITING).values("domain")
        domains = {key.domain_id: key.domain for key in old.exclude(domain__in=fresh).select_related("domain__client")}
    count = 0
    for domain in domains.values():
        # Where both names are taken the eldest has not retired yet; without a master key nothing can be made.
        with suppress(Impossible), scope(client=domain.client):
            count += len(make_pair(domain, by=_BY)) > 0
    return count


def _due(now: datetime) -> QuerySet[SigningKey]:
    young = Q(state__in=_WAITING, state_since__gte=now - timedelta(days=2))
    hourly = Q(looked_at__isnull=True) | Q(looked_at__lte=now - timedelta(hours=1))
    found = SigningKey.objects.filter(young | hourly, state__in=LIVING).select_related("domain", "client")
    return found.order_by(F("looked_at").asc(nulls_first=True), "pk")


def _look(keys: list[SigningKey], now: datetime, look_up: LookUp) -> int:
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        standings = list(pool.map(lambda key: _standing(key, look_up), keys))
    return sum(_settle(key, standing, now) for key, standing in zip(keys, standings, strict=True))


def _standing(key: SigningKey, look_up: LookUp) -> Standing:
    """In a thread: asks no database."""
    return standing_of_text(key.record_text, look_up(key.record.name, "TXT"))


def _settle(key: SigningKey, standing: Standing, now: datetime) -> int:
    with scope(client=key.client):
        missing = _missing_since(key, standing, now)
        note_look(key, standing.value, missing)
        elders = SigningKey.objects.filter(domain=key.domain, algorithm=key.algorithm, state=KeyState.ACTIVE)
        moment = Moment(KeyState(key.state), key.state_since, standing, missing, elders.exclude(pk=key.pk).exists())
        state = next_state(moment, now)
        return int(state is not moment.state and move(key, state, by=_BY))


def _missing_since(key: SigningKey, standing: Standing, now: datetime) -> datetime | None:
    """Silence of the DNS says nothing: what was missing before still is."""
    match standing:
        case Standing.PUBLISHED:
            return None
        case Standing.UNKNOWN:
            return key.missing_since
    return key.missing_since or now

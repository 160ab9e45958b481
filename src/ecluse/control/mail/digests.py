"""Digests: whom to tell now what is held for him. Read `send_due`.

A digest is claimed before it is sent, and noted as sent afterwards: two never go out for one slot, and what one that
failed was to tell stands in the next; who asked for it gets it within the next ten minutes. A slot is an hour that was
asked for, so many minutes in near real time, or the ten minutes in which somebody asks for one at once.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.rows import for_each, key_of
from ecluse.control.keystore.services import Opener
from ecluse.control.mail.held import KEPT_DAYS, opener_of, rules_of, summary_of
from ecluse.control.mail.models import CopyState, Digest, DigestRules, DigestWish, HeldCopy, QuarantineRules
from ecluse.control.mail.own import answer_to, for_users
from ecluse.control.mail.permissions import Answer
from ecluse.control.mail.quarantine import DAY_S
from ecluse.control.tenants.branding import Branding, branding_of
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import EcluseError
from ecluse.domain.held import HeldSummary
from ecluse.domain.policy import ServiceState

MAX_LINES = 100  # Of one digest, the newest first; the rest is counted.
LATE_HOURS = 6  # A worker or a mail server that was away makes up for so much.
AT_ONCE = 100  # Claimed, and noted as sent, together: so many a crash may put off to the next hour.
LOOK_BACK_S = 8 * DAY_S
WANTED_EVERY_MIN = 10  # Who asks for one at once gets one in so many minutes.


@dataclass(frozen=True, slots=True)
class Line:
    """One held message."""

    copy: HeldCopy
    summary: HeldSummary
    answer: Answer  # Whether its recipient may release it.


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What came for one recipient since his last digest, the newest first."""

    recipient: str
    copies: list[HeldCopy]


@dataclass(frozen=True, slots=True)
class _House:
    """What is the same for all users of a client, and asked once."""

    rules: DigestRules
    quarantine: QuarantineRules
    opener: Opener | None
    branding: Branding | None


@dataclass(frozen=True, slots=True)
class DigestContent:
    """What one user is told."""

    client: Client
    recipient: str
    lines: tuple[Line, ...]
    more: int  # Held, too, and not in `lines`.
    language: str
    time_zone: ZoneInfo
    asks_for_login: bool
    branding: Branding | None  # How the client appears.


Send = Callable[[DigestContent], None]


def send_due(now: float, send: Send) -> int:
    """Send what is due, each once, to nobody but the owner of the mail; how many. Over all clients.

    `send` raises `EcluseError` for one that cannot be sent: the others are.
    """
    with scopes_disabled():  # A job of the provider's.
        # Nobody whose service is over reads what is held for him any more (16-3).
        of_served = DigestRules.objects.filter(is_on=True).exclude(client__state=ServiceState.ENDED)
        rules = list(of_served.select_related("client"))

    def send_of(row: DigestRules) -> int:
        with scope(client=row.client):
            return _send_of(row, now, send)

    return for_each("send a client's digests", rules, send_of, datetime.fromtimestamp(now, UTC))


def slot_of(now: float, hours: list[int], days: list[int], zone: ZoneInfo) -> str:
    """The latest hour that was asked for, at most some hours ago, in local time; "" where there is none."""
    for back in range(LATE_HOURS):
        local = (datetime.fromtimestamp(now, UTC) - timedelta(hours=back)).astimezone(zone)
        if local.hour in hours and local.weekday() in days:
            return f"{local:%Y-%m-%dT%H}"
    return ""


def window_of(now: float, minutes: int) -> str:
    """So many minutes, of which this is a part: as a time in UTC, which knows no summer."""
    begins = int(now // (minutes * 60)) * minutes * 60
    return f"{datetime.fromtimestamp(begins, UTC):%Y-%m-%dT%H:%MZ}"


def _send_of(rules: DigestRules, now: float, send: Send) -> int:
    wishes = {each.recipient: each for each in DigestWish.objects.all()}
    if not _is_anybody_due(rules, wishes, now):
        return 0
    client = rules.client
    house = _House(rules, rules_of(client), opener_of(client), branding_of(client))
    due = (each for each in _waiting(rules, now, wishes) if _is_due(each, rules, wishes, now))
    count = 0
    unanswered: set[str] = set()
    while batch := list(itertools.islice(due, AT_ONCE)):
        sent = _sent(_claimed(batch, rules, wishes, now), house, wishes, now, send)
        count += Digest.objects.filter(pk__in=[digest.pk for digest in sent]).update(is_sent=True)
        wanted = {each.recipient for each in batch if _is_wanted(wishes.get(each.recipient), now)}
        unanswered |= wanted - {digest.recipient for digest in sent}
    DigestWish.objects.filter(wanted_at__lte=now).exclude(recipient__in=unanswered).update(wanted_at=None)
    return count


def _sent(
    claimed: list[tuple[Digest, _Waiting]], house: _House, wishes: dict[str, DigestWish], now: float, send: Send
) -> list[Digest]:
    """Those that went out."""
    sent: list[Digest] = []

    def tell(one: tuple[Digest, _Waiting]) -> bool:
        digest, waiting = one
        is_sent = _is_sent(_content(_wish(waiting, house.rules, wishes), waiting.copies, house), send)
        if is_sent:
            sent.append(digest)
        return is_sent

    at = datetime.fromtimestamp(now, UTC)
    for_each("send a digest", claimed, tell, at, name=lambda one: key_of(one[0]))
    return sent


def _wish(due: _Waiting, rules: DigestRules, wishes: dict[str, DigestWish]) -> DigestWish:
    return wishes.get(due.recipient) or DigestWish(client=rules.client, recipient=due.recipient)


def _slot(due: _Waiting, rules: DigestRules, wishes: dict[str, DigestWish], now: float) -> str:
    wish = _wish(due, rules, wishes)
    if _is_wanted(wish, now):
        return f"wanted-{window_of(now, WANTED_EVERY_MIN)}"
    minutes = rules.within_minutes if wish.within_minutes is None else wish.within_minutes
    if minutes:
        return window_of(now, minutes)
    zone = zone_named(wish.time_zone or rules.client.time_zone)
    return slot_of(now, wish.hours or rules.hours, wish.days or rules.days, zone)


def _is_due(due: _Waiting, rules: DigestRules, wishes: dict[str, DigestWish], now: float) -> bool:
    wish = _wish(due, rules, wishes)
    return (wish.is_on is not False or _is_wanted(wish, now)) and bool(_slot(due, rules, wishes, now))


def _is_wanted(wish: DigestWish | None, now: float) -> bool:
    return wish is not None and wish.wanted_at is not None and now - LATE_HOURS * 3_600 < wish.wanted_at <= now


def _is_anybody_due(rules: DigestRules, wishes: dict[str, DigestWish], now: float) -> bool:
    """Whether it is the hour of the client, or of one of those who want another: asked each minute, before all else."""
    return any(_is_due(_Waiting(recipient, []), rules, wishes, now) for recipient in ("", *wishes))


def forget_digests(now: float) -> int:
    """Delete those whose time none that is to come begins at; how many. Over all clients, without scopes."""
    deleted, _ = Digest.objects.filter(until__lt=now - LOOK_BACK_S).delete()
    return deleted


def _claimed(
    batch: list[_Waiting], rules: DigestRules, wishes: dict[str, DigestWish], now: float
) -> list[tuple[Digest, _Waiting]]:
    """Those that nobody has sent, or is sending: durable before the first of them goes out."""
    of = {each.recipient: each for each in batch}
    rows = [
        Digest(client=rules.client, recipient=each.recipient, slot=_slot(each, rules, wishes, now), until=now)
        for each in batch
    ]
    return [(row, of[row.recipient]) for row in _claim(rows)]


def _waiting(rules: DigestRules, now: float, wishes: dict[str, DigestWish]) -> Iterator[_Waiting]:
    """Each recipient for whom something came since his last digest, with what came; all of it for who asks for it."""
    mine: dict[str, list[HeldCopy]] = defaultdict(list)
    wanted = {recipient for recipient, wish in wishes.items() if _is_wanted(wish, now)}
    for copy in _held(rules, now, wanted).iterator(1_000):
        wish = wishes.get(copy.recipient)
        if wish is None or not wish.classes or copy.category in wish.classes:
            mine[copy.recipient].append(copy)
    for recipient, copies in mine.items():
        yield _Waiting(recipient, copies)


def _held(rules: DigestRules, now: float, wanted: set[str]) -> QuerySet[HeldCopy]:
    """What a digest of this client has to tell of now, the newest first; all of it to who asks for it."""
    # Asked each minute of the hours after one that was asked for: what people were told already stays in the database.
    told = Digest.objects.filter(
        recipient=OuterRef("recipient"), is_sent=True, until__gte=OuterRef("message__received_at")
    )
    found = HeldCopy.objects.select_related("message").filter(
        Q(~Exists(told), message__received_at__gt=now - LOOK_BACK_S)
        | Q(message__received_at__gt=now - KEPT_DAYS * DAY_S, recipient__in=wanted),
        state=CopyState.HELD,
        category__in=list(rules.classes),
        message__received_at__lte=now,
    )
    return for_users(found).order_by("-message__received_at")


def _claim(rows: list[Digest]) -> list[Digest]:
    """Those that are ours to send: all at once, or one by one where somebody has sent some, or is sending them."""
    try:
        with transaction.atomic():
            return Digest.objects.bulk_create(rows)
    except IntegrityError:
        return [row for each in rows for row in _claim([each])] if len(rows) > 1 else []


def _content(wish: DigestWish, copies: list[HeldCopy], house: _House) -> DigestContent:
    rules = house.rules
    return DigestContent(
        client=rules.client,
        recipient=wish.recipient,
        lines=tuple(
            Line(
                copy,
                summary_of(copy.message, house.opener),
                answer_to(copy, house.quarantine),
            )
            for copy in copies[:MAX_LINES]
        ),
        more=max(0, len(copies) - MAX_LINES),
        language=wish.language or rules.client.language,
        time_zone=zone_named(wish.time_zone or rules.client.time_zone),
        asks_for_login=rules.asks_for_login,
        branding=house.branding,
    )


def _is_sent(content: DigestContent, send: Send) -> bool:
    try:
        send(content)
    except EcluseError:
        return False
    return True


def zone_named(name: str) -> ZoneInfo:
    """UTC where there is none of this name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")

"""A month of mail before the demonstration begins, made up but judged by our own weights: what its pages show as the past."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from ecluse.domain.event import Ending, EvidenceEvent, MessageEvent, RecipientEvent, Stage
from ecluse.domain.incoming import Direction
from ecluse.filtering.weights import weight_of

DAYS, DAY_S, HOUR_S = 30, 86_400.0, 3_600.0
_WEEKDAY, _WEEKEND = 46, 14  # Messages.
_OUTAGE_DAY = 11  # Before today; the client's server was away then, from nine to eleven.
_SHARE_SENT = 0.22


@dataclass(frozen=True, slots=True)
class Kind:
    """Messages of one kind."""

    share: int
    sender: str
    subject: str
    findings: tuple[str, ...]  # "CODE" or "CODE: detail".
    disposition: str
    category: str
    fate: Ending
    reply: str


_TAKEN = "250 2.0.0 OK"
_SPAM = "550 5.7.1 This message was judged to be spam."
_KINDS = (
    Kind(44, "claire@partner.example", "Meeting on Thursday", ("KNOWN_PAIR",), "deliver", "", Ending.RELAYED, _TAKEN),
    Kind(14, "orders@shop.example", "Your order is on its way", (), "deliver", "", Ending.RELAYED, _TAKEN),
    Kind(12, "news@paper.example", "This week", ("MASS_MAIL",), "deliver", "M", Ending.RELAYED, _TAKEN),
    Kind(
        3,
        "martin@branch.example",
        "Minutes of our meeting",
        ("DMARC_REJECT: branch.example",),
        "deliver",
        "",
        Ending.RELAYED,
        _TAKEN,
    ),
    Kind(
        3, "hr@agency.example", "Contract", ("ENCRYPTED_FILE: zip",), "hold", "Q", Ending.HELD, "250 2.0.0 kept aside"
    ),
    Kind(
        16,
        "offer@casino.example",
        "You have won",
        ("DMARC_REJECT: casino.example", "SWINDLE"),
        "refuse",
        "Q",
        Ending.REFUSED,
        _SPAM,
    ),
    Kind(
        5,
        "invoice@fake.example",
        "Unpaid invoice",
        ("DISGUISED_FILE", "EXPLOIT_OBJECT"),
        "refuse",
        "Q",
        Ending.REFUSED,
        _SPAM,
    ),
    Kind(2, "x@infected.example", "Scan", ("VIRUS",), "refuse", "P", Ending.REFUSED, "550 5.7.1 A virus was found."),
    Kind(
        1,
        "slow@unknown.example",
        "Hello",
        ("UNSCANNED_UNAVAILABLE",),
        "defer",
        "",
        Ending.DEFERRED,
        "451 4.7.1 Please try again later.",
    ),
)
_SHARES = list(accumulate(kind.share for kind in _KINDS))


def past_month(client: str, people: Sequence[str], until: float) -> Iterator[MessageEvent]:
    """Some thousand events of a client's mail to and from these addresses, of the 30 days before; the same for the same day."""
    chance = random.Random(client)  # noqa: S311 - no secret: the same pictures each time.
    for ago in range(DAYS, 0, -1):
        begin = until - ago * DAY_S
        is_weekend = (int(begin // DAY_S) + 3) % 7 >= 5  # 1 January 1970 was a Thursday.
        usual = _WEEKEND if is_weekend else _WEEKDAY
        for _ in range(chance.randint(usual * 3 // 4, usual * 5 // 4)):
            at = begin + chance.triangular(0.0, 0.999, 0.5) * DAY_S
            yield from _message(chance, client, chance.choice(people), at, is_away=ago == _OUTAGE_DAY)


def _message(chance: random.Random, client: str, person: str, at: float, *, is_away: bool) -> Iterator[MessageEvent]:
    kind = chance.choices(_KINDS, cum_weights=_SHARES)[0]
    is_sent = kind.fate is Ending.RELAYED and not kind.findings and chance.random() < _SHARE_SENT * 4
    outcome = _outcome(chance, client, kind, person, at, is_sent=is_sent)
    is_kept = is_away and kind.fate is Ending.RELAYED and not is_sent
    yield _spooled(outcome) if is_kept else outcome
    if is_kept:
        yield _delivered(outcome, at + 2 * HOUR_S)


def _outcome(chance: random.Random, client: str, kind: Kind, person: str, at: float, *, is_sent: bool) -> MessageEvent:
    points = {code: weight_of(code) for code in (text.partition(":")[0] for text in kind.findings)}
    sender, recipient = (person, kind.sender) if is_sent else (kind.sender, person)
    one = RecipientEvent(
        recipient, kind.fate, kind.disposition, kind.category, sum(points.values()), kind.findings, kind.reply
    )
    return MessageEvent(
        id=f"{int(at * 1_000):012x}7{chance.getrandbits(76):019x}",
        stage=Stage.OUTCOME,
        at=at + 0.2,
        direction=Direction.OUTBOUND if is_sent else Direction.INBOUND,
        client=client,
        ip=f"192.0.2.{chance.randrange(1, 250)}",
        helo=f"mail.{kind.sender.rpartition('@')[2]}",
        tls="TLSv1.3",
        sender=sender,
        recipients=(one,),
        size=int(chance.lognormvariate(9.5, 1.2)),
        reply=kind.reply,
        evidence=EvidenceEvent({code: weight for code, weight in points.items() if weight}),
        subject=kind.subject,
    )


def _spooled(event: MessageEvent) -> MessageEvent:
    return _with_fate(event, Stage.OUTCOME, event.at, Ending.SPOOLED)


def _delivered(event: MessageEvent, at: float) -> MessageEvent:
    return _with_fate(event, Stage.DELIVERY, at, Ending.DELIVERED)


def _with_fate(event: MessageEvent, stage: Stage, at: float, fate: Ending) -> MessageEvent:
    return replace(event, stage=stage, at=at, recipients=tuple(replace(one, fate=fate) for one in event.recipients))

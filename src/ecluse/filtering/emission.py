"""Whether an account, an address or a client sends what its owner would not: judged against what is usual there (3-12).

Each message brings points, by whom it is for, how many others it is like, from where, when and with what it was sent, and
what stands in it. They fall into buckets that leak; a full one is a burst. What an account does day by day makes its bucket
larger: a shop that writes to a hundred new customers every morning does nothing strange. Nothing here is a finding: one
message proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

from ecluse.domain.dnsbl import ListKind, Meaning
from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.links import LinkFlag
from ecluse.domain.lock import LockScope
from ecluse.domain.sending import DAY_S, SendingFacts
from ecluse.filtering.fusion import points

CAPACITY = 20.0  # Points: some twenty near-identical messages to strangers.
GROWS = 1.5  # Times the second highest day of the last weeks.
ROOM_FOR = {LockScope.ACCOUNT: 1.0, LockScope.IP: 5.0, LockScope.CLIENT: 10.0}  # Several accounts share the wider ones.
ROOM_FOR_NEW_ADDRESS = 2.5
LEAKS_IN_DAYS = 3.0  # What nobody is used to; what is usual leaks within a day.
LEARNING_DAYS, LEARNING = 3.0, 0.45  # Of an account nobody knows yet what is usual; its points count so much.
CLIENT_LEARNING_DAYS, CLIENT_LEARNING = 7.0, 0.1
FOREIGN_LEARNING = 0.25  # Of an account there that is known, and where somebody else seems to sit now.
UNKNOWN_DAYS = 7  # In which recipients who are not there tell of a list that nobody keeps.

_STRANGER, _ALIKE, _SCATTERED = 0.3, 0.7, 0.8
_ALIKE_FROM = 3  # Recipients before: three of the same may be chance.
_SCATTERED_FROM = 4  # New domains: who writes to new people may show each of them another page, but not all day.
_NEW_NETWORK, _NEW_COUNTRY, _HURRY, _BY_MACHINE, _BAD_LIST = 2.0, 1.25, 1.5, 2.0, 2.0
_NEW_PROGRAM, _ODD_HOUR = 1.5, 1.5
_MOST_FOREIGN = 3.0  # Who travels has a new telephone, too, and writes at night.
_HURRY_FROM = 10  # Messages in an hour, or half of a usual day.
_RUSH_FROM = 10  # Letters to strangers in an hour, or the strangers of a whole usual day; it grows with them.
_MOST_RUSH = 3.0
_BY_MACHINE_FROM = 6  # Messages in a minute: nobody writes so fast, but a program that has always done so may.
_UNKNOWN_FROM, _UNKNOWN_SHARE = 5, 0.1  # Who keeps his list himself is wrong about one in fifty.
_LEFT_SHARE = 0.03  # Of those written to before: readers of a list leave, and nobody is told.
_TO_KNOWN = 0.5  # Of what stands in a message, where it goes to people who know the sender.
_SPAM_FROM, _MOST_CONTENT = 3.0, 3.0
_BAIT = frozenset({LinkFlag.DISGUISED, LinkFlag.CREDENTIALS, LinkFlag.PASSWORD, LinkFlag.DATA, LinkFlag.SCRIPT})


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What was counted of an account when the message came."""

    alike: int = 0  # Recipients of messages like it within 24 hours, its own not counted.
    scattered: int = 0  # Domains never linked to before, in mail to strangers within 24 hours, its own included.
    this_minute: int = 0  # Messages, this one included.
    this_hour: int = 0
    to_strangers: int = 0  # Of those of this hour.
    usual_day: float = 0.0  # Messages of a usual day.
    usual_strangers: float = 0.0  # People of a usual day who had never been written to.
    strangers: int = 0  # Such people within `UNKNOWN_DAYS`, today's included.
    recipients: int = 0  # Of all messages of these days.
    unknown: int = 0  # Of these recipients, those whose servers did not know them.

    @property
    def has_bad_list(self) -> bool:
        """Whether it writes to people of whom too many are not there: bought, guessed or stolen addresses."""
        known = max(0, self.recipients - self.strangers)
        return self.unknown >= max(_UNKNOWN_FROM, _UNKNOWN_SHARE * self.strangers + _LEFT_SHARE * known)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a message adds, and why."""

    points: float
    reason: str = ""  # Numbers, for people.


def weigh(evidence: Evidence, behaviour: Behaviour) -> Weighed:
    """The points of one message, before it is asked how well its sender is known."""
    facts = evidence.sending
    if isinstance(facts, Unknown):
        return Weighed(_STRANGER)
    content = _content(evidence)
    if not facts.fresh:
        return Weighed(_TO_KNOWN * content * _haste(facts, behaviour))
    is_alike = behaviour.alike >= _ALIKE_FROM
    is_scattered = bool(facts.new_links) and behaviour.scattered >= _SCATTERED_FROM
    each = max(_ALIKE * is_alike, _SCATTERED * is_scattered) + content
    reach = log2(1 + len(facts.fresh))
    is_by_hand = not each and _is_at_home(facts) and not _is_by_machine(facts, behaviour)
    strangeness = _foreignness(facts) if is_by_hand else _haste(facts, behaviour) * _rush(facts, behaviour)
    strangeness *= _BAD_LIST if behaviour.has_bad_list else 1.0
    return Weighed((_STRANGER + each) * reach * strangeness, _reason(facts, behaviour, content))


def experience(facts: SendingFacts | Unknown, scope: LockScope, behaviour: Behaviour) -> float:
    """The share of its points that counts: of whom nobody knows what is usual, little can be strange.

    Whom he writes to is no excuse any more for who writes to people that are not there.
    """
    if isinstance(facts, Unknown) or behaviour.has_bad_list:
        return 1.0
    if facts.client_days_known < CLIENT_LEARNING_DAYS:
        is_foreign = facts.days_known >= LEARNING_DAYS and _foreignness(facts) > 1.0
        return FOREIGN_LEARNING if is_foreign else CLIENT_LEARNING
    return LEARNING if scope is LockScope.ACCOUNT and facts.days_known < LEARNING_DAYS else 1.0


@dataclass(frozen=True, slots=True)
class Room:
    """How much there is in a bucket for what is not usual."""

    capacity: float
    leak_per_s: float


def room(
    scope: LockScope, days: tuple[float, ...], *, is_new_address: bool = False, has_bad_list: bool = False
) -> Room:
    """Of whoever brought so many points on each of the last `days`; a bad list earns nobody a habit."""
    share = ROOM_FOR_NEW_ADDRESS if scope is LockScope.IP and is_new_address else ROOM_FOR[scope]
    # The highest day alone may have been the first day of a burst that nobody saw.
    usual = GROWS * sorted(days)[-2] if len(days) > 1 and not has_bad_list else 0.0
    least = CAPACITY * share
    # Whoever sends slowly does not get past it, either.
    return Room(max(least, usual), max(least / LEAKS_IN_DAYS, usual) / DAY_S)


def _haste(facts: SendingFacts, behaviour: Behaviour) -> float:
    """What does not fit to how it usually sends."""
    factor = _foreignness(facts)
    if behaviour.this_hour > max(_HURRY_FROM, behaviour.usual_day / 2):
        factor *= _HURRY
    return factor


def _foreignness(facts: SendingFacts) -> float:
    """Whether somebody else than its owner seems to sit there."""
    factor = (_NEW_PROGRAM if facts.is_program_new else 1.0) * (_ODD_HOUR if facts.is_hour_odd else 1.0)
    # Of an account in its first days every network is new.
    if facts.days_known >= LEARNING_DAYS:
        factor *= (1.0, _NEW_NETWORK, _NEW_NETWORK * _NEW_COUNTRY)[min(2, len(facts.new_places))]
    return min(_MOST_FOREIGN, factor)


def _is_at_home(facts: SendingFacts) -> bool:
    """Its owner sits where he always sits: then letters that have nothing in common are his, however many."""
    return facts.days_known >= LEARNING_DAYS and facts.is_program_own and not facts.new_places


def _is_by_machine(facts: SendingFacts, behaviour: Behaviour) -> bool:
    # Which programs a client has is not known in its first week; its first mailing has up to 500 recipients (3-11).
    is_known = facts.client_days_known >= CLIENT_LEARNING_DAYS
    return is_known and behaviour.this_minute > max(_BY_MACHINE_FROM, behaviour.usual_day / 10)


def _rush(facts: SendingFacts, behaviour: Behaviour) -> float:
    """What is strange about letters to people who do not know it."""
    rush = behaviour.to_strangers / max(_RUSH_FROM, behaviour.usual_strangers)
    return min(_MOST_RUSH, max(1.0, rush)) * (_BY_MACHINE if _is_by_machine(facts, behaviour) else 1.0)


def _content(evidence: Evidence) -> float:
    return min(_MOST_CONTENT, sum((_opinion(evidence), _listed(evidence), _bait(evidence), _spread(evidence))))


def _opinion(evidence: Evidence) -> float:
    facts = evidence.learned
    found = 0.0 if isinstance(facts, Unknown) else points(facts.log_odds, facts.taught)
    return 1.0 if found >= 2 * _SPAM_FROM else 0.5 if found >= _SPAM_FROM else 0.0


def _listed(evidence: Evidence) -> float:
    facts = evidence.listings
    if isinstance(facts, Unknown):
        return 0.0
    bad = {one.target for one in facts.listings if one.kind is ListKind.BODY_DOMAIN and one.meaning is Meaning.BAD}
    return 1.5 if bad else 0.0


def _bait(evidence: Evidence) -> float:
    links, texts = evidence.links, evidence.texts
    is_bait = not isinstance(links, Unknown) and bool(links.look_alikes or _BAIT & set(links.flags))
    is_hidden = not isinstance(texts, Unknown) and (texts.hidden_share > 0.5 or texts.split_words >= 10)
    return 0.5 * is_bait + 0.5 * is_hidden


def _spread(evidence: Evidence) -> float:
    """Strangers send the same to our clients."""
    facts = evidence.campaign
    return 1.0 if not isinstance(facts, Unknown) and facts.spread.domains >= 3 else 0.0


def _reason(facts: SendingFacts, behaviour: Behaviour, content: float) -> str:
    words = [f"{len(facts.fresh)} of {len(facts.fresh) + facts.known} recipients never written to"]
    if behaviour.alike >= _ALIKE_FROM:
        words.append(f"near-identical to mail for {behaviour.alike} others")
    if facts.new_links and behaviour.scattered >= _SCATTERED_FROM:
        words.append(f"links to {behaviour.scattered} domains never linked to before")
    words += [f"first mail from {place}" for place in facts.new_places if facts.days_known >= LEARNING_DAYS]
    words += ["written with a program that it has not used before"] * facts.is_program_new
    words += ["at an hour at which it hardly ever sends"] * facts.is_hour_odd
    words.append(f"{behaviour.this_hour} messages in this hour, {behaviour.usual_day:.0f} on a usual day")
    words.append(f"{behaviour.to_strangers} of them to strangers, {behaviour.this_minute} within this minute")
    if behaviour.has_bad_list:
        words.append(f"{behaviour.unknown} recipients of {UNKNOWN_DAYS} days were unknown to their servers")
    if content:
        words.append(f"content {content:.1f}")
    return "; ".join(words)

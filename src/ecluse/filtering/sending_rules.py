"""Which of a client's rules fit an outbound message; pure. Read `met_by`, then `first_fitting`."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from ecluse.domain.errors import Impossible
from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.sending_rule import SendingRule, is_of
from ecluse.wire.keywords import any_of

MAX_SECONDS = 2.0  # Of processor time for the words of all rules in one message; at most one slice more.
MAX_MATCH = 4_096  # Octets: what a pattern finds is surely found up to here.
_SLICE = 16_384  # Octets; the costliest rule takes half a second for one.


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What rules look at that evidence does not keep: who writes to whom, and what."""

    senders: tuple[str, ...]  # `Address.key` of the envelope's sender, and the account that it counts for.
    recipients: tuple[str, ...]  # `Address.key`.
    has_external: bool  # One of them is in none of the client's domains.
    text: bytes = b""  # UTF-8; see `searchable`.


def searchable(texts: Iterable[str], max_characters: int) -> bytes:
    """The beginning of them all as rules search it: all white space is one space, so that no line end parts words."""
    left, pieces = max_characters, []
    for text in texts:
        pieces.append(" ".join(text[:left].split()))
        left -= len(pieces[-1])
        if left <= 0:
            break
    return "\n".join(pieces).encode("utf-8", "replace")


def met_by(outgoing: Outgoing, rules: Iterable[SendingRule], max_seconds: float = MAX_SECONDS) -> tuple[str, ...]:
    """The names of those whose conditions about addresses and words it meets. Raises `Impossible` beyond that time."""
    ends_at = time.thread_time() + max_seconds
    return tuple(rule.name for rule in rules if _is_met(rule, outgoing, ends_at))


def first_fitting(rules: Iterable[SendingRule], evidence: Evidence) -> SendingRule | None:
    """The rule that is obeyed: all its conditions are met."""
    facts = evidence.sending_rules
    met = frozenset() if isinstance(facts, Unknown) else frozenset(facts.met)
    return next((rule for rule in rules if rule.name in met and _fits(rule, evidence)), None)


def _is_met(rule: SendingRule, outgoing: Outgoing, ends_at: float) -> bool:
    """The cheap conditions first."""
    return (
        _is_any_of(rule.senders, outgoing.senders)
        and _is_any_of(rule.recipients, outgoing.recipients)
        and (outgoing.has_external or not rule.is_external)
        and (not rule.recipients_over or len(outgoing.recipients) > rule.recipients_over)
        and (not rule.words or _has_one_of(rule.words, outgoing.text, ends_at))
    )


def _has_one_of(words: tuple[str, ...], text: bytes, ends_at: float) -> bool:
    """Slice by slice: nothing ends a search of RE2 before its end."""
    pattern = any_of(words)
    for start in range(0, len(text), _SLICE):
        if time.thread_time() >= ends_at:
            raise Impossible("the words of outbound rules take too long to look for")
        if pattern.search(text, start, start + _SLICE + MAX_MATCH) is not None:
            return True
    return False


def _is_any_of(patterns: tuple[str, ...], keys: tuple[str, ...]) -> bool:
    return not patterns or any(is_of(pattern, key) for pattern in patterns for key in keys)


def _fits(rule: SendingRule, evidence: Evidence) -> bool:
    places = [facts for facts in (evidence.parts, evidence.files) if not isinstance(facts, Unknown)]
    suffixes = {suffix for facts in places for suffix in facts.suffixes}
    types = () if isinstance(evidence.files, Unknown) else evidence.files.types
    return (
        (not rule.octets_over or evidence.size > rule.octets_over)
        and (not rule.suffixes or not rule.suffixes.isdisjoint(suffixes))
        and (not rule.types or not rule.types.isdisjoint(types))
    )

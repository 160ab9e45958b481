"""Which of a client's rules fit an outbound message; pure. Read `met_by`, then `first_fitting`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ecluse.domain.evidence import Evidence, Unknown
from ecluse.domain.sending_rule import SendingRule, is_of
from ecluse.wire.keywords import any_of


@dataclass(frozen=True, slots=True)
class Letter:
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


def met_by(letter: Letter, rules: Iterable[SendingRule]) -> tuple[str, ...]:
    """The names of those whose conditions about addresses and words it meets."""
    return tuple(rule.name for rule in rules if _is_met(rule, letter))


def first_fitting(rules: Iterable[SendingRule], evidence: Evidence) -> SendingRule | None:
    """The rule that is obeyed: all its conditions are met."""
    facts = evidence.sending_rules
    met = frozenset() if isinstance(facts, Unknown) else frozenset(facts.met)
    return next((rule for rule in rules if rule.name in met and _fits(rule, evidence)), None)


def _is_met(rule: SendingRule, letter: Letter) -> bool:
    """The cheap conditions first."""
    return (
        _is_any_of(rule.senders, letter.senders)
        and _is_any_of(rule.recipients, letter.recipients)
        and (letter.has_external or not rule.is_external)
        and (not rule.recipients_over or len(letter.recipients) > rule.recipients_over)
        and (not rule.words or any_of(rule.words).search(letter.text) is not None)
    )


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

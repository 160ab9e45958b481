"""How a client's rules for its outbound mail are written: one schema for the policy file, the console and the API."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import msgspec
from msgspec import Meta

from ecluse.domain.sending_rule import MAX_NAME, MAX_REFUSAL, RuleAction, SendingRule
from ecluse.wire.keywords import MAX_STEPS, Keyword
from ecluse.wire.notations import Mailboxes, Suffix

MOST_RULES = 100  # Of one client.
MOST_VALUES = 100  # Of one condition.
MOST_WORDS = 20


class RuleTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule for outbound mail: every condition that stands there must be met. Without any it fits all mail."""

    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME, description="Unique; senders read it.")]
    action: Annotated[
        RuleAction,
        Meta(
            description='"refuse": the sender is told; "hold": it waits until an administrator of the client approves it; '
            '"let-through": no later rule is asked.'
        ),
    ]
    text: Annotated[str, Meta(max_length=MAX_REFUSAL, description="What a refused sender reads in place of ours.")] = ""
    senders: Annotated[
        tuple[Mailboxes, ...],
        Meta(max_length=MOST_VALUES, description='Who sends: "ann@a.example", "a.example", "*.a.example".'),
    ] = ()
    recipients: Annotated[
        tuple[Mailboxes, ...], Meta(max_length=MOST_VALUES, description="One of its recipients, written alike.")
    ] = ()
    external: Annotated[
        bool, Meta(description="true: one of its recipients is in none of the client's own domains.")
    ] = False
    words: Annotated[
        tuple[Keyword, ...],
        Meta(
            max_length=MOST_WORDS,
            description="Words or RE2 patterns, in any case: one stands in the subject, in a text or in the text of a file. "
            "White space is one space there.",
        ),
    ] = ()
    suffixes: Annotated[
        tuple[Suffix, ...], Meta(max_length=MOST_VALUES, description="Of a file's name, in archives too.")
    ] = ()
    types: Annotated[
        tuple[str, ...],
        Meta(
            max_length=MOST_VALUES, description='Of a file by its content, whatever its name: "zip"; files.md has all.'
        ),
    ] = ()
    larger_than: Annotated[int, Meta(ge=0, le=100_000_000, description="Octets of the message; 0: of any size.")] = 0
    more_recipients_than: Annotated[int, Meta(ge=0, le=10_000, description="0: however many.")] = 0

    def __post_init__(self) -> None:
        if not f"{self.name}{self.text}".isprintable() or self.name != self.name.strip():
            raise ValueError("expected name and text of one line")
        if self.text and self.action is not RuleAction.REFUSE:
            raise ValueError('expected no text but with action = "refuse"')


def sending_rules(terms: tuple[RuleTerms, ...]) -> tuple[SendingRule, ...]:
    """What is meant, in its order."""
    return tuple(_rule(one) for one in terms)


def demand_rules_that_can_be(terms: tuple[RuleTerms, ...]) -> None:
    """Raises `ValueError` for a name that stands twice, and for patterns that would cost too much together."""
    name, count = next(iter(Counter(one.name for one in terms).most_common(1)), ("", 0))
    if count > 1:
        raise ValueError(f"expected a name of its own for each rule, found {name!r} twice")
    if sum(word.steps for one in terms for word in one.words) > MAX_STEPS:
        raise ValueError("expected fewer or simpler patterns: all of them together cost too much")


def _rule(terms: RuleTerms) -> SendingRule:
    return SendingRule(
        name=terms.name,
        action=terms.action,
        text=terms.text,
        senders=tuple(map(str, terms.senders)),
        recipients=tuple(map(str, terms.recipients)),
        is_external=terms.external,
        words=tuple(map(str, terms.words)),
        suffixes=frozenset(map(str, terms.suffixes)),
        types=frozenset(terms.types),
        octets_over=terms.larger_than,
        recipients_over=terms.more_recipients_than,
    )

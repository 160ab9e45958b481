"""A client's rules for its outbound mail: each function is one change of its wishes. In the client's scope."""

from __future__ import annotations

from collections.abc import Callable, Collection

import msgspec

from ecluse.control.audit.actor import Actor
from ecluse.control.policies import queries
from ecluse.control.policies.services import change_wishes
from ecluse.control.sending.queries import own_domains
from ecluse.control.tenants.models import Client
from ecluse.domain.content import MemoryContent
from ecluse.domain.evidence import Evidence
from ecluse.domain.sending_rule import SendingRule, SendingRuleFacts
from ecluse.filtering.body import read_body
from ecluse.filtering.collectors.sending_rules import MAX_CHARACTERS, words_of
from ecluse.filtering.sending_rules import Outgoing, first_fitting, met_by, searchable
from ecluse.wire.mime.facts import part_facts
from ecluse.wire.mime.fields import split_head
from ecluse.wire.sending_rules import RuleTerms, sending_rules
from ecluse.wire.wishes import Wishes

MAX_TRIAL_OCTETS = 65_536  # Of a message that is tried: whoever asks waits for the page.
MOST_TRIED = 20  # Recipients of such a message.


def rules() -> tuple[RuleTerms, ...]:
    """Of the scope's client, in their order."""
    return queries.wishes().outbound_rules


def set_rules(client: Client, wanted: tuple[RuleTerms, ...], *, by: Actor) -> None:
    """These and no others from now on. Raises `ValueError` for what cannot be meant together, `Impossible`."""
    _change_rules(client, lambda _: wanted, by=by)


def put_rule(client: Client, rule: RuleTerms, *, in_place_of: str = "", by: Actor) -> None:
    """One more at the end, or in the place of another one. Raises as `set_rules`."""

    def put(there: tuple[RuleTerms, ...]) -> tuple[RuleTerms, ...]:
        if all(one.name != in_place_of for one in there):
            return (*there, rule)
        return tuple(rule if one.name == in_place_of else one for one in there)

    _change_rules(client, put, by=by)


def remove_rule(client: Client, name: str, *, by: Actor) -> None:
    """It is asked no more."""
    _change_rules(client, lambda there: tuple(one for one in there if one.name != name), by=by)


def move_up(client: Client, name: str, *, by: Actor) -> None:
    """It is asked before the one that stands above it now."""

    def move(there: tuple[RuleTerms, ...]) -> tuple[RuleTerms, ...]:
        place = next((index for index, one in enumerate(there) if one.name == name), 0)
        above = max(place - 1, 0)
        return (*there[:above], *there[place : place + 1], *there[above:place], *there[place + 1 :])

    _change_rules(client, move, by=by)


def rule_for(client: Client, sender: str, recipients: Collection[str], message: str) -> SendingRule | None:
    """Which of them a message would obey; its files are known by their names alone, as nothing is opened here.

    Addresses are as `MailAddress` has them. Raises `Impossible` for words that take too long.
    """
    octets, meant, ours = message.encode("utf-8", "surrogatepass"), sending_rules(rules()), own_domains(client)
    content = MemoryContent(octets[:MAX_TRIAL_OCTETS])
    section = split_head(content)
    body = read_body(content, section)
    outgoing = Outgoing(
        senders=(sender.casefold(),),
        recipients=tuple(map(str.casefold, recipients)),
        has_external=any(one.rpartition("@")[2] not in ours for one in recipients),
        text=searchable(words_of(section, body), MAX_CHARACTERS),
    )
    evidence = Evidence(
        parts=part_facts(content, section, body.root),
        sending_rules=SendingRuleFacts(met_by(outgoing, meant)),
        size=len(octets),
    )
    return first_fitting(meant, evidence)


def _change_rules(
    client: Client, wanted: Callable[[tuple[RuleTerms, ...]], tuple[RuleTerms, ...]], *, by: Actor
) -> None:
    def wished(now: Wishes) -> Wishes:
        return msgspec.structs.replace(now, outbound_rules=wanted(now.outbound_rules))

    change_wishes(client, wished, by=by)

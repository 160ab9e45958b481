"""What the client of the demonstration has called wrong before it begins, and what the provider has answered.

To be imported once Django is started, as everything that knows its models.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django_scopes import scope

from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.mail.log import story
from ecluse.control.mail.objections import answer, raise_objection
from ecluse.control.tenants.models import Client
from ecluse.domain.event import Ending, MessageEvent
from ecluse.domain.language import Language
from ecluse.ports.message_log import MessageLog


@dataclass(frozen=True, slots=True)
class Dispute:
    """One wrong verdict, as somebody says."""

    sender: str
    fate: Ending
    ago: int  # Of the messages of this sender that fared so, which one, from the newest.
    note: str
    is_right: bool | None = None  # None: the provider has not answered.
    reason: str = ""
    is_user: bool = False


_DISPUTES = (
    Dispute("offer@casino.example", Ending.REFUSED, 20, "We have asked for it.", is_right=False, reason="SPF and DKIM fail."),
    Dispute("hr@agency.example", Ending.HELD, 14, "A contract that we waited for.", is_right=True),
    Dispute("orders@shop.example", Ending.RELAYED, 9, "We have never ordered there.", is_right=True),
    Dispute("news@paper.example", Ending.RELAYED, 2, "Nobody wants this paper."),
    Dispute("invoice@fake.example", Ending.REFUSED, 1, "I know them.", is_user=True),
)  # fmt: skip


def dispute(past: Iterable[MessageEvent], log: MessageLog) -> None:
    """Raise them all, and let the provider answer some."""
    events, demo = list(past), Client.objects.get(name="Demo")
    with scope(client=demo):
        for each in _DISPUTES:
            _raise(each, events, demo, log)


def _raise(one: Dispute, events: list[MessageEvent], demo: Client, log: MessageLog) -> None:
    fitting = [event for event in events if event.sender == one.sender and event.recipients[0].fate is one.fate]
    event = fitting[-1 - one.ago]
    found = story(log, demo.name, event.id, Language.ENGLISH, time.time())
    if found is None:
        return
    recipient = event.recipients[0].address
    who = Actor(ActorKind.PERSON, recipient if one.is_user else "olive@demo.example")
    row = raise_objection(found, demo, recipient, by=who, note=one.note, is_user=one.is_user)
    if one.is_right is not None:
        provider = Actor(ActorKind.PERSON, "sam@provider.example")
        answer(row, is_right=one.is_right, reason=one.reason, by=provider)

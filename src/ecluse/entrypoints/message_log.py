"""The message log: the events of each message, merged into what is known of it now."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ecluse.domain.event import Ending, MessageEvent, Stage
from ecluse.domain.logged_message import UNANSWERED, LoggedMessage
from ecluse.domain.verdict import Disposition

WORDS = (*(each.value for each in Disposition), *(each.value for each in Ending), UNANSWERED)


@dataclass(frozen=True, slots=True)
class Question:
    """Which messages are asked for; an empty field asks for all."""

    address: str = ""  # "ann@a.example" or "a.example", of the sender or of a recipient.
    id_prefix: str = ""
    words: frozenset[str] = frozenset()
    client: str = ""
    fingerprints: frozenset[str] = frozenset()  # One of these.

    def may_fit(self, event: MessageEvent) -> bool:
        """Whether the event can belong to such a message; the id alone tells from the first event on."""
        return event.id.startswith(self.id_prefix)

    def fits(self, message: LoggedMessage) -> bool:
        """Whether this is one of them."""
        if self.client and message.client.casefold() != self.client.casefold():
            return False
        if self.fingerprints and self.fingerprints.isdisjoint(message.fingerprints):
            return False
        if self.words and not self.words & message.words:
            return False
        return not self.address or self._has_address(message)

    def _has_address(self, message: LoggedMessage) -> bool:
        wanted = self.address.casefold().removeprefix("@")
        addresses = (message.sender.casefold(), *message.recipients)
        return any(wanted in {address, address.rpartition("@")[2]} for address in addresses)


def latest(events: Iterable[MessageEvent], question: Question, limit: int) -> list[LoggedMessage]:
    """The newest `limit` messages that fit, oldest first; memory grows with `limit` and with what is unfinished."""
    unfinished: dict[str, LoggedMessage] = {}
    finished: deque[LoggedMessage] = deque(maxlen=limit)
    for event in events:
        if not question.may_fit(event):
            continue
        message = unfinished.setdefault(event.id, LoggedMessage(event.id, event.at))
        message.learn(event)
        if message.is_settled:
            del unfinished[event.id]
            if question.fits(message):
                finished.append(message)
    fitting = itertools.chain(finished, (message for message in unfinished.values() if question.fits(message)))
    return sorted(fitting, key=lambda message: message.at)[-limit:]


class Follower:
    """Merges events as they come; each that tells something new of a message yields it as it stands then."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._unfinished: dict[str, LoggedMessage] = {}

    def learn(self, events: Iterable[MessageEvent]) -> Iterator[LoggedMessage]:
        """The messages that fit, one for each event but the intents, which say nothing yet."""
        for event in events:
            if not self._question.may_fit(event):
                continue
            message = self._unfinished.setdefault(event.id, LoggedMessage(event.id, event.at))
            message.learn(event)
            if message.is_settled:
                del self._unfinished[event.id]
            if event.stage is not Stage.INTENT and self._question.fits(message):
                yield message

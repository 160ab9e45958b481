"""The message log as one client may read it: its own mail, a year back, and why each verdict is what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import ip_address

import msgspec

from ecluse.control.policies.queries import log_days
from ecluse.domain.event import Ending, MessageEvent
from ecluse.domain.ids import is_id
from ecluse.domain.language import Language
from ecluse.domain.log_row import LogRow
from ecluse.domain.log_search import LogPage, LogPlace, LogSearch
from ecluse.domain.logged_message import LoggedMessage, LoggedRecipient, merge
from ecluse.domain.reader import Reader
from ecluse.filtering.explanation import Explanation, Weighed, explain
from ecluse.ports.message_log import MessageLog
from ecluse.wire.notations import DomainName

DAY_S = 86_400.0
KEPT_S = 365 * DAY_S  # 15-8: where the client has not asked for less.
PAGE = 50
MAX_EXPORTED = 10_000
MAX_TEXT = 320
_EXPORTED_AT_ONCE = 500
_MOST_PAGES = 400  # Of an export: rare things among many rows come in small pages.
_ID = re.compile(r"[0-9a-f]{8,32}")


@dataclass(frozen=True, slots=True)
class Story:
    """One message: what is known of it, as it went, and the verdicts explained."""

    message: LoggedMessage
    events: tuple[MessageEvent, ...]
    verdicts: tuple[tuple[LoggedRecipient, Explanation], ...]  # The explanation is that of all who fared alike.


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far a released message has come, for one recipient."""

    at: float
    fate: Ending
    reply: str  # The words of the server that was asked last; "" before any was.


def read_box(text: str) -> LogSearch:
    """What somebody typed into one box: an id, an IP address, an address, a domain, or a part of a subject."""
    text = text.strip()[:MAX_TEXT]
    if _ID.fullmatch(text.lower()):
        return LogSearch(id_prefix=text.lower())
    with suppress(ValueError):
        return LogSearch(ip=str(ip_address(text)))
    local, at, domain = text.rpartition("@")
    if at or ("." in domain and " " not in domain):
        with suppress(ValueError):
            return LogSearch(party=f"{local}{at}{DomainName(domain)}".casefold())
    return LogSearch(subject=text)


def read_place(text: str) -> LogPlace | None:
    """A place as it stands in addresses, "<id>.<recipient>"; None for what is none. PostgreSQL takes no NUL."""
    message_id, _, recipient = text.partition(".")
    return LogPlace(message_id, recipient) if is_id(message_id) and "\0" not in recipient else None


def kept_s(client: str) -> float:
    """How long the client's messages are shown, to the second, whenever the purge has run; in its scope."""
    return log_days(client) * DAY_S


def rows(
    log: MessageLog,
    client: str,
    search: LogSearch,
    now: float,
    after: LogPlace | None = None,
    *,
    limit: int = PAGE,
) -> LogPage:
    """One page. Raises `Unavailable`."""
    return log.search(_own(client, search, now), limit, after)


def exported(log: MessageLog, client: str, search: LogSearch, now: float) -> Iterator[LogRow]:
    """The newest rows that fit, so many as a spreadsheet takes. Raises `Unavailable`."""
    own, place, left = _own(client, search, now), None, MAX_EXPORTED
    for _ in range(_MOST_PAGES):
        page = log.search(own, min(left, _EXPORTED_AT_ONCE), place)
        yield from page.rows
        left -= len(page.rows)
        place = page.following
        if place is None or left <= 0:
            return


def story(
    log: MessageLog,
    client: str,
    message_id: str,
    language: Language,
    now: float,
    *,
    recipients: frozenset[str] | None = None,
) -> Story | None:
    """One message of this client, told for these recipients or all; None for all others. Raises `Unavailable`."""
    events = log.events(message_id, client)
    if not client or not events or events[0].at < now - kept_s(client):
        return None
    if recipients is not None:
        events = tuple(_told_to(event, recipients) for event in events)
    message = merge(events)
    if recipients is not None and not message.recipients:
        return None
    reader = Reader.ADMINISTRATOR if recipients is None else Reader.RECIPIENT
    verdicts = tuple((one, _explained(message, one, reader, language)) for one in message.recipients.values())
    return Story(message, events, verdicts)


def delivery_of(log: MessageLog, client: str, message_id: str, recipient: str) -> Delivery | None:
    """What became of a held message for one recipient since its release; None before. Raises `Unavailable`."""
    found = None
    for event in log.events(message_id, client):
        mine = next((one for one in event.recipients if one.address == recipient), None)
        if mine is not None and (event.released_by or found):
            found = Delivery(event.at, mine.fate, "" if event.released_by else mine.reply)
    return found


def as_plain(found: Story, *, sees_subject: bool) -> dict[str, object]:
    """The same for programs: the events as they are kept."""
    events = found.events if sees_subject else tuple(replace(event, subject="") for event in found.events)
    return {"id": found.message.id, "client": found.message.client, "events": msgspec.to_builtins(events)}


def _own(client: str, search: LogSearch, now: float) -> LogSearch:
    if not client:
        raise ValueError("the log of no client")
    return replace(search, client=client, since=max(search.since, now - kept_s(client)))


def _told_to(event: MessageEvent, recipients: frozenset[str]) -> MessageEvent:
    """Who else the message was for may be a secret of its sender's (Bcc)."""
    mine = tuple(one for one in event.recipients if one.address.casefold() in recipients)
    return replace(event, recipients=mine)


def _explained(message: LoggedMessage, one: LoggedRecipient, reader: Reader, language: Language) -> Explanation:
    points = message.evidence.points if message.evidence else {}
    parts = [text.partition(": ") for text in one.findings]
    found = (Weighed(code, detail, points.get(code, 0.0)) for code, _, detail in parts)
    return explain(one.disposition, one.category, found, reader, language)

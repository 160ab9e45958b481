"""Reads the bounces that come to signed return paths: what a server says of a message that it had taken before.

Whoever got a message knows its return path, and may say in a bounce what he likes. It counts where it comes from the server
that took the message, or is proven to be of its domain or the recipient's, where not anybody may have a mailbox; and of
recipients that took it, per the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog

from ecluse.domain.account import Account
from ecluse.domain.content import Content
from ecluse.domain.errors import Unavailable
from ecluse.domain.event import Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.incoming import Direction
from ecluse.domain.log_row import LogRow
from ecluse.domain.log_search import LogSearch
from ecluse.domain.printable import printable
from ecluse.domain.received_report import ReportMail
from ecluse.filtering.free_mail import is_free_mail
from ecluse.mta.reports.unknown_recipients import unknown_recipients
from ecluse.ports.message_log import MessageLog
from ecluse.ports.report_inbox import ReportInbox
from ecluse.ports.told_unknown import ToldUnknown
from ecluse.wire.names.registrable import registrable_domain
from ecluse.wire.notations import address_key
from ecluse.wire.reports.dsn_reader import RecipientStatus
from ecluse.wire.reports.faults import UnreadableReport
from ecluse.wire.reports.mail import delivery_status_in
from ecluse.wire.return_path import DAY_S, VALID_DAYS
from ecluse.wire.smtp.answer_classes import is_nobody_there

log = structlog.get_logger()

MAX_RECIPIENTS = 100  # Of one bounce: the log is asked for each.
MAX_ANSWER = 500  # Characters.
_TAKEN = frozenset({Ending.RELAYED.value, Ending.DELIVERED.value})


@dataclass(frozen=True, slots=True)
class Bounced:
    """One recipient who had taken a message, and did not get it."""

    event: MessageEvent  # As the log has it now.
    account: Account | None  # Who had sent it; None: nobody knows.
    sent_at: float  # UTC, seconds since the epoch.
    is_unknown: bool  # Whether he is not there.


def read_bounces(inbox: ReportInbox, message_log: MessageLog, unknown: ToldUnknown) -> tuple[Bounced, ...]:
    """All that wait, into the log and the lists of unknown recipients. What cannot be read now waits on.

    Raises `Unavailable` where nothing can: what was found before is not read again, and is still to be counted.
    """
    found: list[Bounced] = []
    for mail_id in inbox.waiting():
        try:
            found += _read(mail_id, inbox, message_log, unknown)
        except Unavailable:
            if found:
                break
            raise
    return tuple(found)


def _read(mail_id: str, inbox: ReportInbox, message_log: MessageLog, unknown: ToldUnknown) -> tuple[Bounced, ...]:
    taken = inbox.take(mail_id)
    if taken is None:
        return ()
    mail, content = taken
    found: tuple[Bounced, ...] = ()
    try:
        found = tuple(bounced_in(mail, content, message_log))
        # In this order: a message whose log says that it bounced is not looked at again.
        unknown.tell(unknown_recipients(each.event for each in found))
        message_log.append([each.event for each in found])
    except UnreadableReport as problem:
        # Nothing is lost: the mail was delivered. Automatic answers come to return paths, too.
        log.info("no bounce read", id=mail_id, problem=str(problem))
    except Unavailable:
        inbox.put_back(mail_id)
        raise
    except Exception:
        log.exception("bounce not read by a fault of ours", id=mail_id)
    inbox.remove(mail_id)
    return found


def bounced_in(mail: ReportMail, content: Content, message_log: MessageLog) -> Iterator[Bounced]:
    """Whom a bounce names rightly, each once however often it names him. Raises `UnreadableReport` and `Unavailable`."""
    failed = [one for one in delivery_status_in(content).recipients[:MAX_RECIPIENTS] if one.action == "failed"]
    found = [each for status in failed if (each := _bounced(mail, status, message_log)) is not None]
    # Until all are noted the log has him as one who took the message, each time that he is named.
    yield from {each.event.recipients[0].address: each for each in found}.values()


def _bounced(mail: ReportMail, status: RecipientStatus, message_log: MessageLog) -> Bounced | None:
    # A server that forwards names the last address; ours is the original one.
    keys = dict.fromkeys(filter(None, map(address_key, (status.original_recipient, status.recipient))))
    row = next((row for key in keys if (row := _written_to(mail, key, message_log)) is not None), None)
    if row is None:
        return None
    events = message_log.events(row.id, mail.client)
    if not _may_speak(mail, row, events):
        log.info(
            "bounce not believed", id=mail.id, message=row.id, problem="from neither server nor domain of the recipient"
        )
        return None
    name, answer = next((each.account for each in events if each.account), ""), _answer(status)
    account = Account(row.client, name) if name else None
    return Bounced(_event(mail, row, name, answer), account, row.at, is_nobody_there(answer))


def _event(mail: ReportMail, row: LogRow, account: str, answer: str) -> MessageEvent:
    return MessageEvent(
        id=row.id,
        stage=Stage.DELIVERY,
        at=mail.received_at,
        direction=row.direction,
        client=row.client,
        sender=row.sender,
        recipients=(RecipientEvent(row.recipient, Ending.BOUNCED, reply=answer),),
        size=row.size,
        reply=answer,
        account=account,
    )


def _written_to(mail: ReportMail, recipient: str, message_log: MessageLog) -> LogRow | None:
    """The newest message of this sender's that this recipient has taken, and that may still come back."""
    search = LogSearch(
        client=mail.client,
        sender=mail.about,
        recipient=recipient,
        since=mail.received_at - VALID_DAYS * DAY_S,
        until=mail.received_at,
        direction=Direction.OUTBOUND.value,
        fates=_TAKEN,
    )
    return next(iter(message_log.search(search, 1).rows), None)


def _may_speak(mail: ReportMail, row: LogRow, events: tuple[MessageEvent, ...]) -> bool:
    deliveries = [
        each for each in events if each.route and any(one.address == row.recipient for one in each.recipients)
    ]
    hosts = {urlsplit(each.route).hostname or "" for each in deliveries}
    if mail.ip in hosts | {one.address for each in deliveries for one in each.sessions}:
        return True
    domains = {registrable_domain(name) for name in hosts | {row.recipient.rpartition("@")[2]}}
    return bool(mail.proven) and mail.proven in domains and not is_free_mail(mail.proven)


def _answer(status: RecipientStatus) -> str:
    """As the server that gave it up was answered, "550 5.1.1 no such user"; ours begin with a code, and so does this."""
    said = printable(status.diagnostic.partition(";")[2] or status.diagnostic).strip()
    if not (said[:1] in {"4", "5"} and said[1:3].isdecimal() and said[3:4] in {" ", "-", ""}):
        said = f"{(status.status or '5')[0]}50 {status.status} {said}".rstrip()
    return said[:MAX_ANSWER]

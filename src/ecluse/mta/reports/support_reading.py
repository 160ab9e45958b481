"""Carries the mails of an inbox up to the provider's support desk."""

from __future__ import annotations

import structlog

from ecluse.domain.errors import Unavailable
from ecluse.ports.report_inbox import ReportInbox
from ecluse.ports.support_desk import SupportDesk
from ecluse.wire.support_mail import support_mail_in

log = structlog.get_logger()


def carry_up(inbox: ReportInbox, desk: SupportDesk) -> int:
    """All that wait; how many were new. Raises `Unavailable` when a store fails: the rest waits on."""
    return sum(_carried_up(mail_id, inbox, desk) for mail_id in inbox.waiting())


def _carried_up(mail_id: str, inbox: ReportInbox, desk: SupportDesk) -> bool:
    taken = inbox.take(mail_id)
    if taken is None:
        return False
    mail, content = taken
    is_new = False
    try:
        is_new = desk.add(support_mail_in(content, mail))
    except Unavailable:
        inbox.put_back(mail_id)
        raise
    except Exception:
        # Nothing is lost: the mail was delivered, too.
        log.exception("support mail not read by a fault of ours", id=mail_id)
    inbox.remove(mail_id)
    return is_new

"""The mails of the support desk: an agent's answer, the receipt of what came by mail, and the reminder of an answer.

An answer is a person's own word: programs may answer it, and what comes back is read as any mail to support. The two others
are a program's: nothing comes back from them (RFC 3834).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from django.conf import settings
from django.urls import reverse

from ecluse.control.support.desk import Desk
from ecluse.control.support.files import NewFile
from ecluse.control.support.letters import LetterKind, News
from ecluse.control.support.queries import Ticket
from ecluse.domain.evidence import ScanState
from ecluse.web.letters import BY_ITSELF, letter
from ecluse.wire.letters import Attached, Letter

REPLIED = ("Auto-Submitted", "auto-replied")  # RFC 3834 section 5.
_MAX_FIELD = 900  # Octets of one line, below the 998 of RFC 5322 section 2.1.1.

_BY_ITSELF = {LetterKind.RECEIPT: REPLIED, LetterKind.REMINDER: BY_ITSELF}
_TEMPLATES = {
    LetterKind.ANSWER: "support/answer.txt",
    LetterKind.RECEIPT: "support/receipt.txt",
    LetterKind.REMINDER: "support/reminder.txt",
}

Scan = Callable[[bytes], ScanState]


def support_mail(news: News, scan: Scan | None = None) -> Letter:
    """To whom the ticket is with. A file in which the virus scanner finds something, or of which it says nothing, is named alone."""
    desk: Desk = settings.ECLUSE_SUPPORT
    ticket, by_itself = news.ticket, _BY_ITSELF.get(news.kind)
    files = tuple(each for each in news.files if _may_go(each, scan))
    values = {
        "ticket": ticket,
        "entry": news.entry,
        "quota": news.quota,
        "days": desk.solve_after_days,
        "files": (*(each.name for each in news.files if each not in files), *news.left_out),
        "page": f"{settings.ECLUSE_URL}{reverse('ticket', args=[ticket.client_id, ticket.pk])}",
    }
    made = letter(ticket.requester, ticket.language, lambda: _subject(ticket), _TEMPLATES[news.kind], values)
    fields = (*_threading(news, desk.address.rpartition("@")[2]), *((by_itself,) if by_itself else ()))
    return replace(
        made,
        name="Support",
        address=desk.address,
        id=news.id,
        fields=fields,
        is_answer=by_itself is not None,
        attached=tuple(Attached(each.name, each.octets) for each in files),
    )


def _may_go(file: NewFile, scan: Scan | None) -> bool:
    """Signatures are newer than the file; the console looks at it again, too."""
    return scan is None or scan(file.octets) is ScanState.CLEAN


def _threading(news: News, domain: str) -> Iterator[tuple[str, str]]:
    """What it answers, and the mails before that (RFC 5322 section 3.6.4)."""
    theirs = [f"<{each}>" for each in news.theirs]
    ours = [f"<{each}@{domain}>" for each in news.own]
    if theirs:
        yield "In-Reply-To", theirs[-1]
    named = [*ours, *theirs]
    while named and len(" ".join(named)) > _MAX_FIELD:
        named.pop(0)
    if named:
        yield "References", " ".join(named)


def _subject(ticket: Ticket) -> str:
    """As mail programs have it in every language (RFC 5322 section 3.6.5)."""
    subject = ticket.subject[4:] if ticket.subject[:4].lower() == "re: " else ticket.subject
    return f"Re: {subject} [{ticket.reference}]"

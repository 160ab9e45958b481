"""Messages as the mail programs of honest people write them."""

from __future__ import annotations

import html
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime

from tests.honest import wording

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PROGRAMS = (
    {"X-Mailer": "Microsoft Outlook 16.0", "Thread-Index": "AdZ0m3k=", "Content-Language": "fr"},
    {"User-Agent": "Mozilla Thunderbird"},
    {"X-Mailer": "Apple Mail (2.3826.400.131.1.6)", "Mime-Version": "1.0 (Mac OS X Mail 16.0)"},
    {"X-Mailer": "iPhone Mail (22F76)"},
    {},
)


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a message."""

    name: str  # "" for a part without one.
    octets: bytes
    type: str = "application/octet-stream"
    is_inline: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What is said, before a program writes it down."""

    subject: str
    text: str = ""
    page: str = ""  # HTML, beside or instead of the text.
    files: tuple[Attached, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    domain: str = ""  # The author's.
    name: str = ""  # The author's.


def with_files(dice: random.Random, *files: Attached) -> bytes:
    """A letter that brings files."""
    return written(Draft(wording.subject(dice), wording.letter(dice), files=files), dice)


def written(draft: Draft, dice: random.Random) -> bytes:
    """The draft as one of the programs would send it."""
    message = EmailMessage(policy=policy.SMTP.clone(max_line_length=dice.choice((76, 998))))
    _address(message, draft, dice)
    text = draft.text or (wording.letter(dice) if not draft.page else "")
    if text:
        message.set_content(text, cte=dice.choice(("quoted-printable", "base64", "8bit")))
    page = draft.page or (_as_page(text) if dice.random() < 0.7 else "")
    if page and text:
        message.add_alternative(page, subtype="html", cte=dice.choice(("quoted-printable", "base64")))
    elif page:
        message.set_content(page, subtype="html", cte=dice.choice(("quoted-printable", "base64")))
    for file in draft.files:
        _attach(message, file)
    return message.as_bytes()


def _address(message: EmailMessage, draft: Draft, dice: random.Random) -> None:
    domain = draft.domain or dice.choice(wording.DOMAINS)
    sent = START + timedelta(minutes=dice.randrange(300_000))
    message["Received"] = (
        f"from mx.{domain} (mx.{domain} [192.0.2.{dice.randrange(1, 255)}]) by relay.{domain} with ESMTPS id"
        f" {dice.randrange(16**8):08x}; {format_datetime(sent)}"
    )
    message["From"] = Address(
        draft.name or dice.choice(wording.NAMES), dice.choice(("contact", "a.petit", "noreply")), domain
    )
    message["To"] = Address(dice.choice(("", "Nobody")), "nobody", "scan.invalid")
    message["Subject"] = draft.subject
    message["Date"] = format_datetime(sent)
    message["Message-ID"] = f"<{dice.randrange(16**16):016x}@{domain}>"
    for name, value in {**dice.choice(PROGRAMS), **draft.headers}.items():
        message[name] = value


def _as_page(text: str) -> str:
    """The text as Outlook and its like repeat it in HTML."""
    paragraphs = "".join(f"<p class=MsoNormal>{html.escape(one)}<o:p></o:p></p>" for one in text.split("\n\n"))
    return f'<html><head><meta charset="utf-8"><style>p.MsoNormal{{margin:0cm}}</style></head><body lang=FR>{paragraphs}</body></html>'


def _attach(message: EmailMessage, file: Attached) -> None:
    main, _, sub = file.type.partition("/")
    parameters = {"disposition": "inline" if file.is_inline else "attachment"}
    if file.name:
        parameters["filename"] = file.name
    if file.type == "message/rfc822":
        message.make_mixed()
        message.attach(_forwarded(file.octets))
    else:
        message.add_attachment(file.octets, main, sub, **parameters)


def _forwarded(octets: bytes) -> MIMEPart:
    part = MIMEPart(policy=policy.SMTP)
    part.set_content(message_from_bytes(octets, policy=policy.SMTP))
    return part

"""One digest as a mail: plain text and a page, each with a link for each act."""

from __future__ import annotations

from dataclasses import dataclass
from email.mime.image import MIMEImage
from functools import cache

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import ngettext

from ecluse.control.mail.digest_links import LinkAct, link_for
from ecluse.control.mail.digests import DigestContent, Line
from ecluse.control.mail.permissions import Answer
from ecluse.control.tenants.branding import branding_of
from ecluse.web.letters import our_address

_LOGO_ID = "logo@ecluse"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line as the templates have it."""

    sender: str
    subject: str
    when: str  # In the reader's time and form.
    acts: dict[str, str]  # "release", "allow", "block" -> address.
    is_asked: bool  # Releasing is asking an administrator.


class _DigestMail(EmailMultiAlternatives):
    """What is attached belongs to the page (RFC 2387)."""

    mixed_subtype = "related"


def digest_mail(content: DigestContent) -> EmailMultiAlternatives:
    """To the owner of the held mail and to nobody else."""
    with translation.override(content.language), timezone.override(content.time_zone):
        entries = [_entry(content, line) for line in content.lines]
        leave = _address("unsubscribe", link_for(content.recipient, LinkAct.UNSUBSCRIBE))
        values = {
            "entries": entries,
            "more": content.more,
            "leave": leave,
            "now": _now_address(content),
            "LANGUAGE_CODE": content.language,
        }
        branding = branding_of(content.client)
        values |= {"branding": branding, "logo_id": _LOGO_ID}
        count = len(entries) + content.more
        subject = ngettext("%(count)d message is held for you", "%(count)d messages are held for you", count)
        mail = _DigestMail(
            subject % {"count": count},
            render_to_string("digests/mail.txt", values),
            our_address(),
            [content.recipient],
            headers={
                "List-Unsubscribe": f"<{leave}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058 section 3.1.
                "Auto-Submitted": "auto-generated",  # RFC 3834 section 5.
            },
        )
        mail.attach_alternative(render_to_string("digests/mail.html", values), "text/html")
        if branding is not None and branding.logo:
            _attach_logo(mail, bytes(branding.logo))
    return mail


def _attach_logo(mail: EmailMultiAlternatives, picture: bytes) -> None:
    """In the mail itself: nobody is told when it is read."""
    logo = MIMEImage(picture, "png")
    logo["Content-ID"] = f"<{_LOGO_ID}>"
    logo["Content-Disposition"] = "inline"
    mail.attach(logo)


def _entry(content: DigestContent, line: Line) -> Entry:
    message = line.copy.message
    acts = [LinkAct.LOOK] if line.answer is Answer.NO else [LinkAct.LOOK, LinkAct.RELEASE]
    if message.sender:
        acts += [LinkAct.BLOCK] if line.answer is Answer.NO else [LinkAct.ALLOW, LinkAct.BLOCK]
    return Entry(
        sender=line.summary.author or message.sender or "<>",
        subject=line.summary.subject,
        when=date_format(timezone.localtime(message.when), "SHORT_DATETIME_FORMAT"),
        acts={each.value: _act_address(content, each, line) for each in acts},
        is_asked=line.answer is Answer.ASK,
    )


def _act_address(content: DigestContent, act: LinkAct, line: Line) -> str:
    if content.asks_for_login:
        return f"{settings.ECLUSE_URL}{reverse('own_message', args=[content.client.pk, line.copy.pk])}"
    return _address("digest_link", link_for(content.recipient, act, line.copy.pk))


def _now_address(content: DigestContent) -> str:
    if content.asks_for_login:
        return f"{settings.ECLUSE_URL}{reverse('own_digests', args=[content.client.pk])}"
    return _address("digest_now", link_for(content.recipient, LinkAct.NOW))


def _address(name: str, token: str) -> str:
    return f"{settings.ECLUSE_URL}{_path(name)}{token}"


@cache
def _path(name: str) -> str:
    """What stands before the token: looked up once, not for each of 100,000 links."""
    return reverse(name, args=["-"]).removesuffix("-")

"""One digest as a mail: plain text and a page, each with a link for each act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ecluse.control.mail.digest_links import LinkAct, link_for
from ecluse.control.mail.digests import DigestContent, Line
from ecluse.control.mail.permissions import Answer
from ecluse.web.digests.gaps import gapped, names
from ecluse.web.letters import BY_ITSELF, OUR_NAME, ascii_address, our_address
from ecluse.wire.letters import Letter

_LOGO_ID = "logo@ecluse"
_ACTS = (LinkAct.LOOK, LinkAct.RELEASE, LinkAct.ALLOW, LinkAct.BLOCK)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line: what it says and leads to, by the names of the templates' gaps, and whether releasing is asking."""

    values: Mapping[str, str]
    is_asked: bool


def digest_mail(content: DigestContent) -> Letter:
    """To the owner of the held mail and to nobody else."""
    with translation.override(content.language), timezone.override(content.time_zone):
        entries = [_entry(content, line) for line in content.lines]
        count = len(entries) + content.more
        subject = ngettext("%(count)d message is held for you", "%(count)d messages are held for you", count)
    leave = _address("unsubscribe", link_for(content.recipient, LinkAct.UNSUBSCRIBE))
    links = {"leave": leave, "now": _now_address(content)}
    return Letter(
        OUR_NAME,
        our_address(),
        ascii_address(content.recipient),
        subject % {"count": count},
        _written("txt", content, entries, links, str),
        _written("html", content, entries, links, escape),
        picture=bytes(content.branding.logo) if content.branding and content.branding.logo else b"",
        picture_id=_LOGO_ID,
        fields=(
            ("List-Unsubscribe", f"<{leave}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),  # RFC 8058 section 3.1.
            BY_ITSELF,
        ),
    )


def _written(
    kind: str, content: DigestContent, entries: list[_Entry], links: Mapping[str, str], safe: Callable[[str], str]
) -> str:
    lines = "".join(_line(kind, content.language, each, safe) for each in entries)
    frame = gapped(f"digests/mail.{kind}", content.language, ("entries", *names(links)), _house(content))
    return frame.filled({"entries": lines, **{name: safe(link) for name, link in links.items()}})


def _line(kind: str, language: str, entry: _Entry, safe: Callable[[str], str]) -> str:
    one = gapped(f"digests/entry.{kind}", language, names(entry.values), (("is_asked", entry.is_asked),))
    return one.filled({name: safe(value) for name, value in entry.values.items()})


def _house(content: DigestContent) -> tuple[tuple[str, object], ...]:
    """What is the same for all users of a client who are told in one language."""
    look = content.branding
    branding = {"name": look.shown_name, "colour": look.colour, "contact": look.contact} if look else {}
    return (
        *branding.items(),
        ("logo_id", _LOGO_ID if look and look.logo else ""),
        ("more", content.more),
        ("LANGUAGE_CODE", content.language),
    )


def _entry(content: DigestContent, line: Line) -> _Entry:
    message, may_release = line.copy.message, line.answer is not Answer.NO
    offered = {
        LinkAct.LOOK: True,
        LinkAct.RELEASE: may_release,
        LinkAct.ALLOW: may_release and bool(message.sender),
        LinkAct.BLOCK: bool(message.sender),
    }
    links = {act.value: _act_address(content, act, line) for act in _ACTS if offered[act]}
    values = {
        "sender": line.summary.author or message.sender or "<>",
        "subject": line.summary.subject or _("(none)"),
        "when": date_format(timezone.localtime(message.when), "SHORT_DATETIME_FORMAT"),
    }
    return _Entry(values | links, is_asked=line.answer is Answer.ASK)


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

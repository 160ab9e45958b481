"""Whether the message is one of many."""

from __future__ import annotations

import re
from collections.abc import Coroutine, Iterator
from typing import Any

from ecluse.domain.mass import MassFacts, MassKind
from ecluse.filtering.body import Body
from ecluse.filtering.collect import Subject
from ecluse.filtering.fraud_wording import folded
from ecluse.filtering.identities import registered, sender_domain, signing_domains
from ecluse.filtering.mass_services import service_of
from ecluse.wire.dkim.signature import Signature, find_signatures
from ecluse.wire.mime.facts import a_labels
from ecluse.wire.mime.fields import HeaderSection

MAX_FIELD_OCTETS = 16_384
FOOT_CHARACTERS = 16_384  # Where the way out stands.

_BULK_PRECEDENCE = frozenset({b"bulk", b"list", b"junk"})
# What the software of mailing lists sets, and that of newsletters does not.
_LIST_SOFTWARE = frozenset(
    {b"list-subscribe", b"mailing-list", b"x-beenthere", b"x-google-group-id", b"x-mailing-list", b"x-mailman-version"}
)
_REPLY_FIELDS = frozenset({b"in-reply-to", b"references"})
_ANSWERING = (b"auto-replied", b"auto-notified")
_WAY_OUT = re.compile(
    r"unsubscribe|opt[- ]?out|desinscri|desabonn|se retirer de (?:cette|la) liste|manage (?:your )?preferences"
    r"|abmelden|abbestellen|disiscri|darse de baja"
)
# RFC 2369 section 3.4: NO says that nobody may post.
_POST = re.compile(rb"<mailto:", re.IGNORECASE)
# RFC 2369 section 3.2; of RFC 8058 the URL must be https.
_HTTPS = re.compile(rb"<\s*https://(?:[^/@\s<>]{0,255}@)?([^/:?#\s<>]{1,255})", re.IGNORECASE)
_ONE_CLICK = re.compile(rb"\s*List-Unsubscribe\s*=\s*One-Click\s*\Z", re.IGNORECASE)


def mass(subject: Subject) -> MassFacts | Coroutine[Any, Any, MassFacts]:
    """By the fields of the header; mail of a sending service by its way out as well."""
    section, service = subject.section, _service(subject)
    kind = _kind(section)
    if kind is MassKind.NONE and service and not _is_reply(section):
        return _by_body(subject, service) if subject.body is None else _told(section, _kind_of(subject.body), service)
    return _told(section, kind, service)


async def _by_body(subject: Subject, service: str) -> MassFacts:
    return _told(subject.section, _kind_of(await subject.read()), service)


def _told(section: HeaderSection, kind: MassKind, service: str) -> MassFacts:
    domain = _unsubscribe_domain(section)
    return MassFacts(kind, service, domain, tuple(_one_click_signatures(section)) if domain else ())


def _service(subject: Subject) -> str:
    section = subject.section
    return service_of(section.names, (sender_domain(subject.incoming.envelope.sender), *signing_domains(section)))


def _kind(section: HeaderSection) -> MassKind:
    names = frozenset(section.names)
    post = _value(section, b"list-post")
    if _POST.search(post) or (not post and not _LIST_SOFTWARE.isdisjoint(names)):
        return MassKind.DISCUSSION
    is_list = b"list-id" in names or _precedence(section) == b"list"
    if is_list and _is_reply(section):
        return MassKind.DISCUSSION
    if is_list or b"list-unsubscribe" in names:
        return MassKind.NEWSLETTER
    # Answering machines say "bulk" too, so that none answers them (RFC 3834 section 3.1.8).
    is_bulk = _precedence(section) in _BULK_PRECEDENCE and not _is_answer(section)
    return MassKind.NEWSLETTER if is_bulk else MassKind.NONE


def _kind_of(body: Body) -> MassKind:
    has_way_out = any(_WAY_OUT.search(folded(one.visible[-FOOT_CHARACTERS:])) for one in body.texts)
    return MassKind.NEWSLETTER if has_way_out else MassKind.NONE


def _is_reply(section: HeaderSection) -> bool:
    return not _REPLY_FIELDS.isdisjoint(section.names)


def _precedence(section: HeaderSection) -> bytes:
    return _value(section, b"precedence").lower()


def _is_answer(section: HeaderSection) -> bool:
    return _value(section, b"auto-submitted").lower().startswith(_ANSWERING) or b"x-autoreply" in section.names


def _value(section: HeaderSection, name: bytes) -> bytes:
    field = section.first(name)
    return field.value[:MAX_FIELD_OCTETS] if field else b""


def _unsubscribe_domain(section: HeaderSection) -> str:
    found = _HTTPS.search(_value(section, b"list-unsubscribe"))
    return registered(a_labels(found[1].decode("utf-8", "replace"))) if found else ""


def _one_click_signatures(section: HeaderSection) -> Iterator[str]:
    if not _ONE_CLICK.match(_value(section, b"list-unsubscribe-post")):
        return
    for signature in find_signatures(section):
        if isinstance(signature, Signature) and {b"list-unsubscribe", b"list-unsubscribe-post"} <= set(signature.names):
            yield signature.start

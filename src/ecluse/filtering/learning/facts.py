"""Facts about a message as short tokens: who, which way, with what, built how. Each is a word for the learner."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice, pairwise
from string import ascii_lowercase, ascii_uppercase
from typing import TypeAlias

from ecluse.filtering.body import Body

NamedValue: TypeAlias = tuple[bytes, bytes]

MAX_FACTS = 500
MAX_HOPS = 10
MAX_WORDS = 24  # Of one field.
MAX_LINKS = 12  # Of one text.
MAX_TEXTS = 6
MAX_PARTS = 20
_LINK_REACH = 20_000  # Characters of a text in which links are looked for.

_IP4 = re.compile(rb"\b(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\b")
_HOST = re.compile(rb"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,12}")
_ADDRESS_DOMAIN = re.compile(rb"@([A-Za-z0-9.-]{1,100})")
_LINK = re.compile(r"(?i)https?://([^/\s\"'<>?#]{1,120})([^\s\"'<>]{0,80})")
_WORD = re.compile(rb"[\w'@.$%!-]+|[\x80-\xff]+")
_HOUR = re.compile(rb" (\d\d):\d\d")
_DIGITS = re.compile(rb"[0-9]+")
_PLAIN_WORD = re.compile(rb"(?<![^ ])[^ 0-9]{1,30}(?![^ ])")
_SHAPES = bytes.maketrans(
    b"0123456789" + ascii_lowercase.encode() + ascii_uppercase.encode(), b"9" * 10 + b"a" * 26 + b"A" * 26
)
_SHAPED_OCTETS = 120


def facts(fields: Sequence[NamedValue], body: Body) -> tuple[bytes, ...]:
    """Each fact once, in order, `MAX_FACTS` at most; each is as long as a field's value at most."""
    every = chain(_order(fields), _each_field(fields), _agreement(fields), _structure(body), _links(body))
    return tuple(islice(dict.fromkeys(every), MAX_FACTS))


def _order(fields: Sequence[NamedValue]) -> Iterator[bytes]:
    names = [name for name, _ in fields]
    yield from (b"has:" + name for name in names)
    yield from (b"order:%b>%b" % pair for pair in pairwise(names))
    yield b"received:%d" % min(names.count(b"received"), MAX_HOPS)


def _each_field(fields: Sequence[NamedValue]) -> Iterator[bytes]:
    hops = 0
    for name, value in fields:
        if name == b"received":
            if hops < MAX_HOPS:
                yield from _hop(hops, value)
            hops += 1
        else:
            yield from _READERS.get(name, _other)(name, value)


def _hop(number: int, value: bytes) -> Iterator[bytes]:
    place = b"hop%d" % min(number, 4)
    yield place + b"shape:" + shape(value)[:30]
    for address in _IP4.findall(value)[:3]:
        net16 = b".".join(address[:2])
        yield from (b"net16:" + net16, b"net24:" + b".".join(address[:3]), b"ip:" + b".".join(address))
        yield place + b"net16:" + net16
    for host in _HOST.findall(value)[:4]:
        yield from (b"host:" + domain for domain in domains_of(host))
    yield from (b"rw:" + word for word in _PLAIN_WORD.findall(value)[:MAX_WORDS])


def _party(name: bytes, value: bytes) -> Iterator[bytes]:
    yield name + b"#%d" % min(value.count(b"@"), 9)
    for host in _ADDRESS_DOMAIN.findall(value)[:4]:
        yield from (name + b"@" + domain for domain in domains_of(host))


def _person(name: bytes, value: bytes) -> Iterator[bytes]:
    yield from _party(name, value)
    yield name + b"shape:" + shape(value)
    yield from (name + b"w:" + word[:30] for word in _WORD.findall(value.lower())[:MAX_WORDS])


def _message_id(name: bytes, value: bytes) -> Iterator[bytes]:
    yield from _party(name, value)
    yield b"midshape:" + shape(value.partition(b"@")[0])


def _mailer(name: bytes, value: bytes) -> Iterator[bytes]:
    yield from (name + b":" + value[:60], name + b":" + _DIGITS.sub(b"9", value)[:60])
    yield from (name + b"w:" + word for word in value.split(b" ")[:6])


def _date(_name: bytes, value: bytes) -> Iterator[bytes]:
    yield from (b"tz:" + value[-12:].strip()[-5:], b"dateshape:" + shape(value))
    yield from (b"hour:" + hour for hour in _HOUR.findall(value)[:1])


def _subject(_name: bytes, value: bytes) -> Iterator[bytes]:
    words = _WORD.findall(value)[:MAX_WORDS]
    small = [word.lower() for word in words]
    yield from (b"sw:" + word for word in chain(words, small))
    yield from (b"s2:%b %b" % pair for pair in pairwise(small))
    yield b"sshape:" + shape(value)


def _other(name: bytes, value: bytes) -> Iterator[bytes]:
    yield from (name + b"=" + value[:40], name + b"~" + shape(value))


_Reader: TypeAlias = Callable[[bytes, bytes], Iterator[bytes]]
_READERS: dict[bytes, _Reader] = {
    b"from": _person,
    b"to": _person,
    b"reply-to": _person,
    b"cc": _party,
    b"sender": _party,
    b"return-path": _party,
    b"errors-to": _party,
    b"list-unsubscribe": _party,
    b"in-reply-to": _party,
    b"references": _party,
    b"message-id": _message_id,
    b"x-mailer": _mailer,
    b"user-agent": _mailer,
    b"date": _date,
    b"subject": _subject,
}
_COMPARED = (b"return-path", b"reply-to", b"message-id", b"to")


def _agreement(fields: Sequence[NamedValue]) -> Iterator[bytes]:
    """Whether the author's domain is that of the other addresses."""
    values = dict(reversed(fields))
    author = _ADDRESS_DOMAIN.search(values.get(b"from", b""))
    for name in _COMPARED:
        other = _ADDRESS_DOMAIN.search(values.get(name, b""))
        word = b"none" if not author or not other else b"same" if author[1].lower() == other[1].lower() else b"other"
        yield b"from/%b:%b" % (name, word)


def _links(body: Body) -> Iterator[bytes]:
    for text in body.texts[:MAX_TEXTS]:
        for host, path in islice(_LINK.findall(text.text[:_LINK_REACH]), MAX_LINKS):
            octets = host.encode("utf-8", "replace")
            yield from (b"url@" + domain for domain in domains_of(octets))
            yield b"urlpath:" + shape(path.encode("utf-8", "replace"))
            if octets[:1].isdigit():
                yield b"urlip"


def _structure(body: Body) -> Iterator[bytes]:
    for part in body.parts[:MAX_PARTS]:
        yield f"part:{part.type}/{part.disposition}".encode("utf-8", "replace")
        yield f"charset:{part.charset[:30]}".encode("utf-8", "replace")
        yield b"encoding:" + part.encoding.encode("utf-8", "replace")
        for name in part.filenames[:2]:
            yield b"suffix:" + name.rpartition(".")[2][:12].lower().encode("utf-8", "replace")
        yield from (b"defect:" + str(defect).encode("utf-8", "replace") for defect in part.defects)
    yield from (b"html" if text.is_html else b"plain" for text in body.texts[:MAX_TEXTS])
    yield b"size:%d" % sum(len(text.text) for text in body.texts).bit_length()
    yield b"parts:%d" % min(len(body.parts), MAX_PARTS)


def shape(value: bytes) -> bytes:
    """What kind of characters stand where: "Re: 17 mails" is "Aa: 9 a"."""
    kinds = value[:_SHAPED_OCTETS].translate(_SHAPES)
    for kind in (b"9", b"a", b"A"):
        while kind * 2 in kinds:
            kinds = kinds.replace(kind * 2, kind)
    return kinds[:40]


def domains_of(host: bytes) -> Iterator[bytes]:
    """The host's last two labels, last three, last four."""
    labels = host.lower().strip(b".").split(b".")
    for count in range(2, min(len(labels), 4) + 1):
        yield b".".join(labels[-count:])

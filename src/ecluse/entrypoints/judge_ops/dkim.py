"""DKIM: dkim.verify, dkim.canon and dkim.sign."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable
from math import isfinite

from ecluse.domain.content import MemoryContent
from ecluse.domain.dns import Answer
from ecluse.domain.errors import Impossible
from ecluse.entrypoints.judge_ops.question import Json, Refused, flag_in, list_in, object_in, octets_in, text_in
from ecluse.entrypoints.judge_ops.zone import lookup_in
from ecluse.wire.dkim.canonical import CRLF, Mode, canonical_body, canonical_field
from ecluse.wire.dkim.hashes import hash_body
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.result import SignatureResult
from ecluse.wire.dkim.sign import SIGNED_BODY, Signing, SigningKey, load_key, sign
from ecluse.wire.dkim.signature import Signature, find_signatures
from ecluse.wire.dkim.verify import verify
from ecluse.wire.mime.fields import split_head


def dkim_verify(question: Json) -> Json:
    """Answer dkim.verify."""
    content = MemoryContent(octets_in(question, "message"))
    section = split_head(content)
    found = find_signatures(section)
    usable = [one for one in found if isinstance(one, Signature)]
    answers = key_answers(object_in(question, "zone"), (one.key_name for one in usable))
    header, bodies = SignedHeader(section), hash_body(content, section.octets, {one.body for one in usable})
    now, allow_sha1 = seconds_in(question, "now"), flag_in(question, "allow_sha1")
    results = (
        verify(one, header, bodies, answers[one.key_name], now, allow_sha1=allow_sha1)
        if isinstance(one, Signature)
        else one
        for one in found
    )
    return {"signatures": [_shown(result) for result in results]}


def _shown(result: SignatureResult) -> Json:
    return {
        "d": result.domain or None,
        "s": result.selector or None,
        "i": result.identity,
        "result": result.result,
        "reason": result.reason or None,
    }


def key_answers(zone: Json, names: Iterable[str]) -> dict[str, Answer]:
    """The TXT answers of a zone."""
    lookup = lookup_in(zone)

    async def ask() -> dict[str, Answer]:
        return {name: await lookup(name, "TXT") for name in names}

    return asyncio.run(ask())


def dkim_canon(question: Json) -> Json:
    """Answer dkim.canon."""
    data, part = octets_in(question, "data"), text_in(question, "part")
    try:
        mode = Mode(text_in(question, "mode"))
    except ValueError:
        raise Refused("bad-request", "mode is simple or relaxed") from None
    length = question.get("length")
    if length is not None and (type(length) is not int or length < 0):
        raise Refused("bad-request", "length is null or a number of octets")
    if part not in ("header", "body"):
        raise Refused("bad-request", "part is header or body")
    canonical = canonical_body(data, mode, length) if part == "body" else canonical_field(data, mode) + CRLF
    return {"data": base64.b64encode(canonical).decode("ascii")}


def dkim_sign(question: Json) -> Json:
    """Answer dkim.sign."""
    content = MemoryContent(octets_in(question, "message"))
    section = split_head(content)
    bodies = hash_body(content, section.octets, {SIGNED_BODY})
    try:
        fields = sign(SignedHeader(section), bodies, [signing_key_in(question)], signing_in(question))
    except Impossible as problem:
        raise Refused("syntax", str(problem)) from None
    return {"fields": [base64.b64encode(field).decode("ascii") for field in fields]}


def signing_key_in(question: Json) -> SigningKey:
    """The key of a question that signs. Raises `Refused`."""
    try:
        return load_key(
            text_in(question, "domain"),
            text_in(question, "selector"),
            text_in(question, "key").encode("utf-8", "replace"),
        )
    except Impossible as problem:
        raise Refused("bad-request", str(problem)) from None


def signing_in(question: Json) -> Signing:
    """What a question wants signed. Raises `Refused`."""
    names = list_in(question, "headers")
    if not all(isinstance(name, str) for name in names):
        raise Refused("bad-request", "headers is no list of names")
    return Signing(
        tuple(name.strip().lower().encode("utf-8", "replace") for name in names), int(seconds_in(question, "time"))
    )


def seconds_in(question: Json, name: str) -> float:
    """A moment in seconds since the epoch. Raises `Refused`."""
    value = question.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise Refused("bad-request", f"{name} is no number")
    return float(value)

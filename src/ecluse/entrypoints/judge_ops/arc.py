"""ARC: arc.validate and arc.seal."""

from __future__ import annotations

import base64

from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Impossible
from ecluse.entrypoints.judge_ops.dkim import key_answers, seconds_in, signing_in, signing_key_in
from ecluse.entrypoints.judge_ops.question import Json, Refused, object_in, octets_in, text_in
from ecluse.wire.arc.chain import Validity, validate
from ecluse.wire.arc.seal import Sealing, seal
from ecluse.wire.arc.sets import read_chain
from ecluse.wire.dkim.hashes import hash_body
from ecluse.wire.dkim.header import SignedHeader
from ecluse.wire.dkim.sign import SIGNED_BODY
from ecluse.wire.mime.fields import split_head


def arc_validate(question: Json) -> Json:
    """Answer arc.validate."""
    content = MemoryContent(octets_in(question, "message"))
    section = split_head(content)
    chain = read_chain(section)
    answers = key_answers(object_in(question, "zone"), chain.key_names)
    bodies = hash_body(content, section.octets, chain.wanted)
    found = validate(chain, SignedHeader(section), bodies, answers, seconds_in(question, "now"))
    return {"cv": found.cv, "oldest_pass": found.oldest_pass, "reason": found.reason or None}


def arc_seal(question: Json) -> Json:
    """Answer arc.seal."""
    content = MemoryContent(octets_in(question, "message"))
    section = split_head(content)
    bodies = hash_body(content, section.octets, {SIGNED_BODY})
    try:
        fields = seal(
            SignedHeader(section), bodies, read_chain(section), signing_key_in(question), _sealing_in(question)
        )
    except Impossible as problem:
        raise Refused("syntax", str(problem)) from None
    return {"fields": [base64.b64encode(field).decode("ascii") for field in fields]}


def _sealing_in(question: Json) -> Sealing:
    try:
        cv = Validity(text_in(question, "cv"))
    except ValueError:
        raise Refused("bad-request", "cv is none, pass or fail") from None
    authserv_id, results = (
        text_in(question, name).encode("utf-8", "replace") for name in ("authserv_id", "auth_results")
    )
    return Sealing(cv, authserv_id, results, signing_in(question))

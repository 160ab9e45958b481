"""Questions about DMARC."""

from __future__ import annotations

import asyncio
from typing import Any

from ecluse.entrypoints.judge_ops.question import Json, Refused, list_in, object_in, text_in
from ecluse.entrypoints.judge_ops.zone import lookup_in
from ecluse.wire.dmarc.evaluate import Alignment, Identifier, evaluate_dmarc
from ecluse.wire.dmarc.record import DmarcSyntax, parse_dmarc


def dmarc_evaluate(question: Json) -> Json:
    """The op `dmarc.evaluate`."""
    author = text_in(question, "from").encode("utf-8", "surrogatepass")
    spf = _identifier(object_in(question, "spf"))
    dkim = [_identifier(entry) for entry in list_in(question, "dkim")]
    result = asyncio.run(evaluate_dmarc(author, spf, dkim, lookup_in(object_in(question, "zone"))))
    return {
        "result": result.outcome,
        "from_domain": result.from_domain or None,
        "policy": result.policy,
        "disposition": result.disposition,
        "policy_domain": result.policy_domain or None,
        "alignment": {"spf": _alignment(result.spf), "dkim": _alignment(result.dkim)},
        "queries": result.queries,
        "record": dict(result.record) if result.record is not None else None,
        "reason": result.reason,
    }


def dmarc_parse(question: Json) -> Json:
    """The op `dmarc.parse`: a record that asks for nothing is none."""
    try:
        record = parse_dmarc(text_in(question, "record").encode("utf-8", "surrogatepass"))
    except DmarcSyntax as problem:
        raise Refused("syntax", str(problem)) from None
    if record.policy() is None:
        raise Refused("syntax", "no policy, and nowhere to report to")
    return {"tags": dict(record.tags)}


def _identifier(entry: Any) -> Identifier:
    if not isinstance(entry, dict):
        raise Refused("bad-request", "an identifier is an object")
    return Identifier(text_in(entry, "domain"), text_in(entry, "result"))


def _alignment(alignment: Alignment) -> Json:
    return {"aligned": alignment.is_aligned, "mode": "strict" if alignment.is_strict else "relaxed"}

"""Questions about BIMI."""

from __future__ import annotations

import asyncio

from ecluse.entrypoints.judge_ops.question import Json, Refused, flag_in, object_in, text_in
from ecluse.entrypoints.judge_ops.zone import lookup_in
from ecluse.wire.bimi.lookup import find_picture
from ecluse.wire.bimi.picture import PictureSyntax, require_tiny_ps
from ecluse.wire.dmarc.evaluate import DmarcOutcome
from ecluse.wire.dmarc.record import DmarcPolicy


def bimi_lookup(question: Json) -> Json:
    """The op `bimi.lookup`."""
    lookup = lookup_in(object_in(question, "zone"))
    is_missing = flag_in(question, "require_dkim") and not flag_in(question, "dkim_aligned")
    result = asyncio.run(
        find_picture(
            text_in(question, "from_domain"),
            text_in(question, "selector"),
            _dmarc(object_in(question, "dmarc")),
            lookup,
            is_dkim_missing=is_missing,
        )
    )
    return {"result": result.outcome, "location": result.location, "domain": result.domain}


def bimi_svg(question: Json) -> Json:
    """The op `bimi.svg`."""
    try:
        require_tiny_ps(text_in(question, "svg"))
    except PictureSyntax as problem:
        return {"valid": False, "reason": str(problem)}
    return {"valid": True, "reason": ""}


def _dmarc(entry: Json) -> tuple[DmarcOutcome, DmarcPolicy | None, str]:
    policy = entry.get("policy")
    try:
        outcome = DmarcOutcome(text_in(entry, "result"))
        return outcome, DmarcPolicy(policy) if policy is not None else None, entry.get("policy_domain") or ""
    except ValueError:
        raise Refused("bad-request", "no result or policy of DMARC") from None

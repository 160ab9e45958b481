"""Questions about SPF."""

from __future__ import annotations

import asyncio
import ipaddress

from ecluse.entrypoints.judge_ops.question import Json, Refused, object_in, text_in
from ecluse.entrypoints.judge_ops.zone import lookup_in
from ecluse.wire.spf.check import check_spf


def spf_check(question: Json) -> Json:
    """The op `spf.check`; %{t} is the start of the epoch, as the question brings no time."""
    lookup = lookup_in(object_in(question, "zone"))
    ip, helo, mail_from = (text_in(question, name) for name in ("ip", "helo", "mailfrom"))
    try:
        ipaddress.ip_address(ip)
    except ValueError:
        raise Refused("bad-request", "ip is no address") from None
    result = asyncio.run(check_spf(ip, helo, mail_from, text_in(question, "receiver"), lookup, now=0))
    return {
        "result": result.outcome,
        "explanation": result.explanation,
        "lookups": result.lookups,
        "domain": result.domain,
        "identity": result.identity,
        "reason": result.reason,
    }

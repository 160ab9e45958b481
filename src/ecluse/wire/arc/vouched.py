"""Which domains the first hop of a chain saw stand behind the message (RFC 8617 section 7.2)."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.wire.arc.sets import Chain
from ecluse.wire.authres.read import read
from ecluse.wire.authres.results import MethodResult
from ecluse.wire.names.spelling import ascii_domain

MAX_DOMAINS = 10


def vouched_domains(chain: Chain) -> tuple[str, ...]:
    """The author's domain where that hop saw DMARC pass; where it tells nothing of DMARC, what DKIM proved to it.

    Only the first hop met the message as its author had sent it. Of worth only where the chain holds.
    """
    if not chain.sets:
        return ()
    results = read(chain.sets[0].results.text).results
    dmarc = [one for one in results if one.method == "dmarc"]
    passed = [one for one in dmarc or results if one.outcome == "pass"]
    names = (ascii_domain(name) for one in passed for name in _domains(one))
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_DOMAINS]


def _domains(result: MethodResult) -> Iterator[str]:
    wanted = {"dmarc": ("from",), "dkim": ("d", "i")}.get(result.method, ())
    for found in result.properties:
        if found.place == "header" and found.name in wanted:
            yield found.value.rpartition("@")[2]

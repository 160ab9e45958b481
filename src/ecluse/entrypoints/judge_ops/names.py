"""Questions about domain names."""

from __future__ import annotations

from ecluse.entrypoints.judge_ops.question import Json, text_in
from ecluse.wire.names.registrable import registrable_domain


def domain_org(question: Json) -> Json:
    """The op `domain.org`."""
    return {"domain": registrable_domain(text_in(question, "domain"))}

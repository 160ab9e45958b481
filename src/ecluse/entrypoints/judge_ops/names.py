"""Questions about domain names."""

from __future__ import annotations

from ecluse.entrypoints.judge_ops.question import Json, Refused, list_in, text_in
from ecluse.wire.names.brands import Brand
from ecluse.wire.names.lookalikes import LookAlikes
from ecluse.wire.names.registrable import registrable_domain
from ecluse.wire.names.skeleton import skeleton


def domain_org(question: Json) -> Json:
    """The op `domain.org`."""
    return {"domain": registrable_domain(text_in(question, "domain"))}


def domain_confusable(question: Json) -> Json:
    """The op `domain.confusable`."""
    domain, brands = text_in(question, "domain"), list_in(question, "brands")
    if not all(isinstance(brand, str) for brand in brands):
        raise Refused("bad-request", "brands are texts")
    found = LookAlikes(Brand(brand, (brand,)) for brand in brands).of(domain)
    return {"skeleton": skeleton(domain), "lookalike_of": found.brand.name if found else None}

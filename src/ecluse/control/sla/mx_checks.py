"""Whether a client's MX records name both of its servers: looked at each day, and used in the sum (9-9).

A client is misconfigured while none of its domains names both: one domain that is wrong takes nothing from the others.
What the DNS did not answer changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime

from django_scopes import scope, scopes_disabled

from ecluse.control.attempts.rows import for_each
from ecluse.control.sla.models import MxCheck, ServerPair
from ecluse.control.sla.servers import pair_now
from ecluse.control.sla.spans import Span, common
from ecluse.control.tenants.models import Client
from ecluse.control.tenants.queries import proven_domains
from ecluse.domain.dns import Answer, DnsStatus
from ecluse.domain.incoming import Direction

EVERY_S = 86_400
KEPT_S = 365 * 86_400  # Closed months have what they need of it.
_LOOKED_BACK = 7  # Days on which the DNS may have said nothing.
LookUp = Callable[[str, str], Answer]


def check_due(look_up: LookUp, now: int) -> int:
    """Look at the MX of each client that has servers and was not looked at for a day; how many. A job of the provider's."""
    with scopes_disabled():  # Clients of all kinds.
        MxCheck.objects.filter(at__lt=now - KEPT_S).delete()
        fresh = set(MxCheck.objects.filter(at__gt=now - EVERY_S).values_list("client_id", flat=True))
        due = list(ServerPair.objects.filter(until=None).exclude(client_id__in=fresh).select_related("client"))

    def look_at(pair: ServerPair) -> bool:
        with scope(client=pair.client):
            check(pair.client, pair.names, look_up, now)
        return True

    return for_each("look at a client's MX", due, look_at, datetime.fromtimestamp(now, UTC))


def check(client: Client, servers: Collection[str], look_up: LookUp, now: int) -> MxCheck:
    """Look now, and keep what was found. In the client's scope."""
    found = {each.name: _missing(look_up(each.name, "MX"), servers) for each in proven_domains()}
    return MxCheck.objects.create(client=client, at=now, names_both=_names_both(found), domains=found)


def domains_that_lead_here() -> tuple[str, ...]:
    """Domains of the scope's client that are served, without those whose MX named none of its servers when the DNS said so last."""
    pair = pair_now()
    servers = set(pair.names) if pair else set()
    said: dict[str, bool] = {}
    for check_of_day in MxCheck.objects.order_by("-at", "-pk")[:_LOOKED_BACK]:
        for name, missing in check_of_day.domains.items():
            if missing is not None:
                said.setdefault(name, bool(servers - set(missing)))
    return tuple(sorted(each.name for each in proven_domains() if said.get(each.name, True)))


def last_check() -> MxCheck | None:
    """Of the scope's client."""
    return MxCheck.objects.last()


def misconfigured(service: Direction, within: Span) -> tuple[Span, ...]:
    """When none of the scope's client's domains named both: from a look that found it so to the next that did not.

    Outbound mail asks for no MX: only the inbound service can be misconfigured so (9-9).
    """
    if service is not Direction.INBOUND:
        return ()
    rows = list(MxCheck.objects.filter(names_both__isnull=False, at__lt=within.end).values_list("at", "names_both"))
    ends = [at for at, _ in rows[1:]] + [within.end]
    spans = (Span(at, end) for (at, is_right), end in zip(rows, ends, strict=False) if not is_right)
    return common(spans, [within])


def _missing(answer: Answer, servers: Collection[str]) -> list[str] | None:
    """None: the DNS did not say."""
    if answer.status not in {DnsStatus.OK, DnsStatus.NO_DATA, DnsStatus.NXDOMAIN}:
        return None
    named = {each.host.casefold() for each in answer.exchanges}
    return sorted(set(servers) - named)


def _names_both(found: dict[str, list[str] | None]) -> bool | None:
    """Without a domain that is served nothing can be misconfigured."""
    said = list(_said(found))
    if any(said) or not found:
        return True
    return None if len(said) < len(found) else False


def _said(found: dict[str, list[str] | None]) -> Iterator[bool]:
    return (not missing for missing in found.values() if missing is not None)

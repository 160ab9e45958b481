"""Whether a domain is served: its owner has shown that it is his, and where his client needs permission, it is there (3-3, 3-7).

Whoever has the say (a contract) tells it by `require`, `tell` and `lift`; a client of whom nobody tells anything needs none.
Both halves come in any order: the second one that comes takes the domain into service. What is served goes on until it is
refused: that nothing was said of a domain yet, or that it is only asked for, ends nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django_scopes import scopes_disabled

from ecluse.control.audit.change import Change
from ecluse.control.tenants.models import Address, Client, Domain, DomainPermission, Verdict
from ecluse.domain.publication import Kind

__all__ = ["Verdict"]


class Permit(StrEnum):
    """How it stands with the permission for a domain."""

    GIVEN = "given"  # Or none is needed.
    ASKED = "asked"
    REFUSED = "refused"
    UNNAMED = "unnamed"  # Nobody has asked for it.


_PERMITS: Mapping[str, Permit] = {
    Verdict.ASKED: Permit.ASKED,
    Verdict.GRANTED: Permit.GIVEN,
    Verdict.REFUSED: Permit.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Said:
    """The verdict upon one domain, and of a refusal its reason."""

    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Permits:
    """Those of one client."""

    are_needed: bool
    said: Mapping[str, Said]

    def of(self, name: str) -> Permit:
        """For this domain."""
        if not self.are_needed:
            return Permit.GIVEN
        said = self.said.get(name)
        return Permit.UNNAMED if said is None else _PERMITS[said.verdict]

    def reason(self, name: str) -> str:
        """Why it was refused; "" where it was not."""
        return self.said[name].reason if self.of(name) is Permit.REFUSED else ""


def permits_of(client: Client) -> Permits:
    """As they stand now; in the client's scope."""
    client.refresh_from_db(fields=["needs_permission"])
    rows = DomainPermission.objects.filter(client=client)
    return Permits(client.needs_permission, {each.name: Said(Verdict(each.verdict), each.reason) for each in rows})


def require(act: Change, client: Client, said: Mapping[str, Said]) -> None:
    """From now on the client's domains need permission, and this is said of them."""
    Client.objects.filter(pk=client.pk).update(needs_permission=True)
    DomainPermission.objects.filter(client=client).delete()
    for name, each in said.items():
        tell(act, client, name, each)


def tell(act: Change, client: Client, name: str, said: Said) -> None:
    """The verdict upon one domain. Refused, it is served no longer; granted, it is served if its owner has shown it."""
    _lock(client)
    DomainPermission.objects.update_or_create(
        client=client, name=name, defaults={"verdict": said.verdict, "reason": said.reason}
    )
    domain = Domain.objects.filter(client=client, name=name).first()
    if domain is None:
        return
    if said.verdict == Verdict.REFUSED and domain.proven_at is not None:
        _stop(act, domain)
    elif said.verdict == Verdict.GRANTED and domain.proven_at is None and domain.shown_at is not None:
        _resume(act, domain)


def lift(client: Client) -> None:
    """No permission is needed any more; what is out of service stays so until its owner shows it anew."""
    Client.objects.filter(pk=client.pk).update(needs_permission=False)
    DomainPermission.objects.filter(client=client).delete()
    Domain.objects.filter(client=client, proven_at=None).update(shown_at=None)


def is_taken(domain: Domain) -> bool:
    """Whether another client owns it: nothing more is asked, and nothing more is told."""
    with scopes_disabled():
        return Domain.objects.filter(name=domain.name, proven_at__isnull=False).exclude(pk=domain.pk).exists()


def serve_shown(act: Change, domain: Domain) -> bool:
    """Its owner has shown that it is his: served from now on, or, False, once the permission is there."""
    _lock(domain.client)
    domain.shown_at = act.at
    domain.save(update_fields=["shown_at"])
    if permits_of(domain.client).of(domain.name) is not Permit.GIVEN:
        return False
    _start(act, domain)
    return True


def _lock(client: Client) -> None:
    """A proof and a refusal at once: the second sees what the first has done."""
    Client.objects.select_for_update().get(pk=client.pk)


def _start(act: Change, domain: Domain) -> None:
    _free_addresses(act, domain)
    domain.proven_at = act.at
    domain.save(update_fields=["proven_at"])
    act.touch(Kind.DOMAIN, domain.name)


def _resume(act: Change, domain: Domain) -> None:
    if is_taken(domain):  # Who has shown meanwhile that it is his keeps it.
        return
    _start(act, domain)
    act.record("domain.served", domain, client_id=domain.client_id, after={"name": domain.name})


def _stop(act: Change, domain: Domain) -> None:
    domain.proven_at = None
    domain.save(update_fields=["proven_at"])
    act.record("domain.stopped", domain, client_id=domain.client_id, before={"name": domain.name})
    act.touch(Kind.DOMAIN, domain.name)
    act.touch(Kind.KEYS, domain.name)


def _free_addresses(act: Change, domain: Domain) -> None:
    """A domain that was refused keeps its addresses, in case it comes back: its new owner's must not fall over them."""
    with scopes_disabled():
        for each in Address.objects.filter(domain__name=domain.name).exclude(domain=domain):
            act.record("address.removed", each, client_id=each.client_id, before={"address": str(each)})
            act.touch(Kind.ADDRESS, each.key)
            act.touch(Kind.LIST, f"user/{each.key}")
            each.delete()

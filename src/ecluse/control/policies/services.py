"""What may be done to lists; each function is one change, recorded and published."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.policies.models import ClientWishes, ListEntry, ListKind
from ecluse.control.tenants.models import Address, Client, Domain, Recipients
from ecluse.domain.errors import Impossible
from ecluse.domain.publication import Kind
from ecluse.filtering.meanings import MEANINGS
from ecluse.opening.types import unknown_types
from ecluse.wire.wishes import Wishes, of_both_kinds, people_in, plain_wishes, read_wishes


class NoSuchAddress(Impossible):
    """It is none of the client's."""


def list_sender(  # noqa: PLR0913 - each is a column of the list that people see.
    client: Client,
    kind: ListKind,
    entry: str,
    pattern: str,
    *,
    address: Address | None = None,
    note: str = "",
    expires_at: datetime | None = None,
    by: Actor,
) -> ListEntry:
    """Allow or block a sender, for a client or for one of its users; in the other list before, it moves."""
    with change(by=by) as act:
        ListEntry.objects.filter(client=client, address=address, pattern=pattern).delete()
        row = ListEntry.objects.create(
            client=client,
            address=address,
            kind=kind,
            entry=entry,
            pattern=pattern,
            note=note,
            added_by=by.name,
            expires_at=expires_at,
        )
        act.record("list.entry-added", row, client_id=client.pk, after=_told(row))
        _touch(act, row)
        return row


def unlist(row: ListEntry, *, by: Actor) -> None:
    """Take an entry out."""
    with change(by=by) as act:
        act.record("list.entry-removed", row, client_id=row.client_id, before=_told(row))
        _touch(act, row)
        row.delete()


def set_wishes(client: Client, wishes: Wishes, *, by: Actor) -> None:
    """What the client wishes of its filter from now on, at all its domains. Raises as `change_wishes`."""
    change_wishes(client, lambda _: wishes, by=by)


def change_wishes(client: Client, wished: Callable[[Wishes], Wishes], *, by: Actor) -> None:
    """What it wishes instead of what it wishes now. Raises `NoSuchAddress`, `Impossible` for an unknown finding."""
    with change(by=by) as act:
        # Of two at once the second is given what the first has wished.
        row, _ = ClientWishes.objects.select_for_update().get_or_create(client=client)
        wishes = wished(read_wishes(row.plain))
        _demand_possible(client, wishes)
        before, row.plain = row.plain, plain_wishes(wishes)
        if before == row.plain:
            return
        row.save(update_fields=["plain"])
        act.record("wishes.set", client, client_id=client.pk, before=before, after=row.plain)
        for name in Domain.objects.filter(client=client).values_list("name", flat=True):
            act.touch(Kind.DOMAIN, name)
        for key in people_in(read_wishes(before)).keys() | people_in(wishes).keys():
            act.touch(Kind.PERSON, f"{client.name}/{key}")


def remove_expired(now: datetime, *, by: Actor) -> int:
    """Take out what has expired; how many. For a job that looks over all clients."""
    with change(by=by):
        expired = list(ListEntry.objects.filter(expires_at__lte=now).select_related("client", "address__domain"))
        for row in expired:
            unlist(row, by=by)
        return len(expired)


def _demand_possible(client: Client, wishes: Wishes) -> None:
    for code in wishes.weights:
        if code not in MEANINGS:
            raise Impossible(f"expected the code of a finding, found {code[:80]!r}")
    for word in unknown_types(word for rule in wishes.outbound_rules for word in rule.types):
        raise Impossible(f"expected the type of a file, found {word[:80]!r}")
    for address in of_both_kinds(wishes):
        raise Impossible(f"expected another address, {address} hears of spam")
    _demand_own(client, (*wishes.report_addresses, *wishes.spam_reports_to, *wishes.ham_reports_to))


def _demand_own(client: Client, addresses: Iterable[str]) -> None:
    """Whoever reads the reports of a domain says who sends in its name, and users' reports teach its filter; and mail for no address of it is refused."""
    domains = {each.name: each for each in Domain.objects.filter(client=client, proven_at__isnull=False)}
    for address in addresses:
        domain = domains.get(address.rpartition("@")[2])
        if domain is None:
            raise NoSuchAddress(address)
        if domain.recipients == Recipients.LISTED and not domain.addresses.filter(key=address.casefold()).exists():
            raise NoSuchAddress(address)


def _told(row: ListEntry) -> dict[str, object]:
    """What the trail says of it."""
    whose = {} if row.address is None else {"for": row.address.key}
    return {"kind": row.kind, "entry": row.entry, **whose}


def _touch(act: Change, row: ListEntry) -> None:
    if row.address is None:
        act.touch(Kind.LIST, f"client/{row.client.name}")
    else:
        act.touch(Kind.LIST, f"user/{row.address.key}")

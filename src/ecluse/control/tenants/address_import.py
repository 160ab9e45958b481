"""Many addresses at once, as one change: from a file, a program or a directory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.tenants.models import Address, Domain
from ecluse.control.tenants.services import add_address, set_alias_of
from ecluse.domain.address import Address as Mailbox
from ecluse.domain.errors import Impossible


class NoSuchMailbox(Impossible):
    """An alias is to lead to what is no mailbox of the client's."""


@dataclass(frozen=True, slots=True)
class AddressRow:
    """One address as it is to be."""

    domain: Domain
    local: str
    name: str = ""
    is_alias: bool = False
    mailbox: str | None = None  # `Address.key` of the one that an alias leads to; "": to none; None: as it was.

    @property
    def key(self) -> str:
        """What is compared."""
        return Mailbox(self.local, self.domain.name).key


def import_addresses(rows: Iterable[AddressRow], *, by: Actor) -> int:
    """How many were not there before. Who is there already gets name, kind and mailbox of the new list.

    Raises `NotProven`, `NoSuchMailbox`, and `Impossible` for an alias's alias; then nothing has changed.
    """
    wanted = tuple(rows)
    with change(by=by) as act:
        added = sum(_put(act, row, by) for row in wanted)
        # Once all are there: an alias may stand before its mailbox.
        for row in wanted:
            if row.is_alias and row.mailbox is not None:
                _lead(row, row.mailbox, by)
    return added


def _put(act: Change, row: AddressRow, by: Actor) -> bool:
    """Whether it is a new one."""
    known = Address.objects.filter(key=row.key).first()
    if known is None:
        add_address(row.domain, row.local, name=row.name, is_alias=row.is_alias, by=by)
    elif (known.name, known.is_alias) != (row.name, row.is_alias):
        _rename(act, known, row.name, is_alias=row.is_alias)
    return known is None


def _lead(row: AddressRow, mailbox: str, by: Actor) -> None:
    address = Address.objects.select_related("alias_of").get(key=row.key)
    target = Address.objects.filter(key=mailbox, is_alias=False).first() if mailbox else None
    if mailbox and target is None:
        raise NoSuchMailbox(mailbox)
    if address.alias_of != target:
        set_alias_of(address, target, by=by)


def _rename(act: Change, address: Address, name: str, *, is_alias: bool) -> None:
    before = {"name": address.name, "is_alias": address.is_alias}
    address.name, address.is_alias = name, is_alias
    if not is_alias:
        address.alias_of = None  # Whose mailbox it has now is its own.
    address.save(update_fields=["name", "is_alias", "alias_of"])
    after = {"name": name, "is_alias": is_alias}
    act.record("address.changed", address, client_id=address.client_id, before=before, after=after)

"""What may be done with a client's directory; each function is one change, recorded."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.directories.difference import Difference, difference
from ecluse.control.directories.models import Directory, FromDirectory, Outcome
from ecluse.control.keystore.services import unwrapped_secret, wrapped_secret
from ecluse.control.tenants.address_import import import_addresses
from ecluse.control.tenants.models import Address, Client
from ecluse.control.tenants.services import remove_address
from ecluse.domain.directory import DirectoryEntry, DirectoryFailed, DirectoryQuestion, DirectoryTrouble
from ecluse.domain.errors import Impossible
from ecluse.domain.log_figures import HOUR_S

__all__ = ["Directory", "Outcome"]

_PURPOSE = "password at the directory"


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    """As the client wants it."""

    host: str
    port: int
    starts_tls: bool
    authority: str
    bind_dn: str
    base: str
    filter: str
    address_attribute: str
    alias_attributes: tuple[str, ...]
    name_attribute: str
    every_hours: int


class PasswordNeeded(Impossible):
    """One that was given for another server or another name is sent nowhere else; an empty one would let anybody in."""


def directory_of(client: Client) -> Directory | None:
    """The client's own."""
    return Directory.objects.filter(client=client).first()


def set_directory(client: Client, wanted: DirectorySettings, password: str, *, by: Actor) -> Directory:
    """An empty password is the one before. Raises `PasswordNeeded`, `Impossible` without a master key."""
    with change(by=by) as act:
        known = directory_of(client)
        before = None if known is None else _described(known)
        row = known or Directory(client=client)
        is_same = known is not None and (row.host, row.port, row.bind_dn) == (wanted.host, wanted.port, wanted.bind_dn)
        if wanted.bind_dn and not password and not (is_same and row.secret):
            raise PasswordNeeded(wanted.host)
        for name in DirectorySettings.__slots__:
            setattr(row, name, getattr(wanted, name))
        row.alias_attributes = list(wanted.alias_attributes)
        if not wanted.bind_dn:
            row.secret = None
        elif password:
            row.secret = wrapped_secret(client.pk, password.encode(), _PURPOSE)
        row.due_at = time.time() + wanted.every_hours * HOUR_S if wanted.every_hours else None
        row.save()
        act.record("directory.set", row, client_id=client.pk, before=before, after=_described(row))
        return row


def remove_directory(directory: Directory, *, by: Actor) -> None:
    """Nobody reads it any more; the addresses stay, as if they had been added by hand."""
    with change(by=by) as act:
        act.record("directory.removed", directory, client_id=directory.client_id, before=_described(directory))
        directory.delete()


def question_for(directory: Directory) -> DirectoryQuestion:
    """What is asked of it. Raises `DirectoryFailed` without the master key: its password cannot be read then."""
    secret = directory.secret
    try:
        password = unwrapped_secret(directory.client_id, bytes(secret), _PURPOSE).decode() if secret else ""
    except Impossible:
        raise DirectoryFailed(DirectoryTrouble.CREDENTIALS, "no master key") from None
    return DirectoryQuestion(
        host=directory.host,
        port=directory.port,
        starts_tls=directory.starts_tls,
        authority=directory.authority,
        bind_dn=directory.bind_dn,
        password=password,
        base=directory.base,
        filter=directory.filter,
        attributes=tuple(
            dict.fromkeys(
                filter(None, (directory.address_attribute, *directory.alias_attributes, directory.name_attribute))
            )
        ),
    )


def is_same_question(one: Directory, other: Directory) -> bool:
    """Whether both are read in the same way, as the same person."""
    names = (*DirectorySettings.__slots__, "secret")
    return all(_plain(getattr(one, name)) == _plain(getattr(other, name)) for name in names)


def _plain(value: object) -> object:
    """A driver gives octets as a `memoryview`."""
    return bytes(value) if isinstance(value, memoryview) else value


def apply(directory: Directory, entries: Iterable[DirectoryEntry], *, may_go: int | None, by: Actor) -> Difference:
    """Make the list what the directory says. `may_go`: so many addresses may go; None: those that need nobody's word.

    Where more would go, none does, and the rest is done all the same. What cannot be done at all changes nothing: raises
    `Impossible`.
    """
    with change(by=by) as act:
        found = difference(directory, entries)
        goes = not found.is_much if may_go is None else len(found.gone) <= may_go
        if goes:
            for address in found.gone:
                remove_address(address, by=by)
        rows = (*found.added, *found.changed)
        import_addresses(rows, by=by)
        _mark(directory, [row.key for row in rows])
        outcome = Outcome.DONE if goes else Outcome.WAITS
        _note(directory, outcome)
        counts = {"added": len(found.added), "changed": len(found.changed), "gone": len(found.gone) if goes else 0}
        if any(counts.values()) or not goes:
            after = {**counts, "outcome": outcome.value}
            act.record("directory.applied", directory, client_id=directory.client_id, after=after)
        return found


def note_failure(directory: Directory, failure: DirectoryFailed) -> None:
    """It could not be read: the list stays as it is."""
    _note(directory, Outcome.FAILED, failure.trouble.value, failure.said)


def _note(directory: Directory, outcome: Outcome, trouble: str = "", said: str = "") -> None:
    directory.read_at, directory.outcome, directory.trouble, directory.said = time.time(), outcome, trouble, said[:200]
    directory.save(update_fields=["read_at", "outcome", "trouble", "said"])


def _mark(directory: Directory, keys: list[str]) -> None:
    known = set(FromDirectory.objects.values_list("address_id", flat=True))
    fresh = [pk for pk in _pks(keys) if pk not in known]
    FromDirectory.objects.bulk_create(
        FromDirectory(client_id=directory.client_id, directory=directory, address_id=pk) for pk in fresh
    )


def _pks(keys: list[str]) -> list[int]:
    found = dict(Address.objects.values_list("key", "pk"))
    return [found[key] for key in keys]


def _described(directory: Directory) -> dict[str, object]:
    names = (name for name in DirectorySettings.__slots__ if name != "authority")
    return {name: getattr(directory, name) for name in names} | {"has_authority": bool(directory.authority)}

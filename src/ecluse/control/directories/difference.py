"""What a directory says beside what is on the list. Pure but for reading the scope's client. Read `difference`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ecluse.control.directories.models import Directory, FromDirectory
from ecluse.control.tenants.address_import import AddressRow
from ecluse.control.tenants.models import Address, Domain
from ecluse.control.tenants.queries import proven_by_name
from ecluse.domain.directory import DirectoryEntry
from ecluse.domain.printable import printable
from ecluse.wire.notations import local_part

MAX_ALIASES_OF_ONE = 200
FEW = 5  # So many may go without anybody looking,
SHARE = 0.1  # or such a part of those that came from the directory.
_MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """What reading the directory would change."""

    added: tuple[AddressRow, ...]
    changed: tuple[AddressRow, ...]  # Name, kind or mailbox; or the directory names it for the first time.
    gone: tuple[Address, ...]  # From the directory, which does not name them any more.
    kept: int
    passed_over: int  # Values that are no address of a domain in service.
    from_directory: int  # So many came from it before.

    @property
    def is_much(self) -> bool:
        """Whether more would go than may without somebody's word: a wrong filter empties a list."""
        nothing_left = not self.kept and not self.changed and not self.added
        return bool(self.gone) and (nothing_left or len(self.gone) > max(FEW, int(self.from_directory * SHARE)))


def difference(directory: Directory, entries: Iterable[DirectoryEntry]) -> Difference:
    """Between these entries and the list of the open scope's client."""
    reading = _Reading(directory, proven_by_name())
    for entry in entries:
        reading.take(entry)
    wanted = reading.rows()
    known = {each.key: each for each in Address.objects.select_related("domain", "alias_of")}
    mine = set(FromDirectory.objects.values_list("address__key", flat=True))
    changed = [row for key, row in wanted.items() if key in known and (key not in mine or _differs(known[key], row))]
    gone = sorted(mine - wanted.keys())
    return Difference(
        added=tuple(row for key, row in wanted.items() if key not in known),
        changed=tuple(changed),
        gone=tuple(known[key] for key in gone),
        kept=len(wanted.keys() & known.keys()) - len(changed),
        passed_over=reading.passed_over,
        from_directory=len(mine),
    )


class _Reading:
    """Entries become rows: the first value of the address is the mailbox, all others lead to it."""

    def __init__(self, directory: Directory, served: Mapping[str, Domain]) -> None:
        self._directory, self._served = directory, served
        self._mailboxes: dict[str, AddressRow] = {}
        self._aliases: dict[str, AddressRow] = {}
        self.passed_over = 0

    def take(self, entry: DirectoryEntry) -> None:
        """One entry."""
        name = next(iter(entry.get(self._directory.name_attribute.lower(), ())), "")
        name = printable(name)[:_MAX_NAME]
        own, *others = (*entry.get(self._directory.address_attribute.lower(), ()), "")
        mailbox = self._row(own, name)
        if mailbox is None:
            return
        self._mailboxes.setdefault(mailbox.key, mailbox)
        for attribute in self._directory.alias_attributes:
            others += entry.get(str(attribute).lower(), ())
        for other in others[:MAX_ALIASES_OF_ONE]:
            alias = self._row(other, name, mailbox.key)
            if alias is not None and alias.key != mailbox.key:
                self._aliases.setdefault(alias.key, alias)

    def rows(self) -> dict[str, AddressRow]:
        """By `Address.key`, in its order; what is a mailbox is no alias, whoever else claims it."""
        return dict(sorted((self._aliases | self._mailboxes).items()))

    def _row(self, value: str, name: str, mailbox: str | None = None) -> AddressRow | None:
        """None for what is no address that we serve. Exchange writes "SMTP:" and "smtp:" before it."""
        kind, colon, rest = value.strip().partition(":")
        text = rest if colon and kind.lower() == "smtp" else value.strip()
        domain = self._served.get(text.rpartition("@")[2].lower())
        try:
            if domain is None:
                raise ValueError  # noqa: TRY301 - one way out for both.
            return AddressRow(domain, local_part(text, domain.name), name, mailbox is not None, mailbox)
        except ValueError:
            self.passed_over += bool(value)
            return None


def _differs(known: Address, row: AddressRow) -> bool:
    leads_to = known.alias_of.key if known.alias_of else None
    return (known.name, known.is_alias, leads_to) != (row.name, row.is_alias, row.mailbox)

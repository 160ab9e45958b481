"""The DNS tree walk: which records stand at a domain and above it, and whose domain it is (RFC 9989 section 4.10)."""

from __future__ import annotations

from ecluse.domain.dns import DnsStatus, Lookup
from ecluse.domain.errors import EcluseError
from ecluse.wire.dmarc.record import DmarcRecord, is_dmarc, parse_dmarc

MAX_QUERIES = 8


class DmarcUnknown(EcluseError):
    """The DNS did not answer a question that the result hangs on: temperror."""


def walked_names(domain: str) -> list[str]:
    """The domain and those above it, at most eight: of a longer name the labels after the first query are skipped."""
    labels = domain.split(".")
    above = labels[1:] if len(labels) <= MAX_QUERIES else labels[1 - MAX_QUERIES :]
    return [domain, *(".".join(above[at:]) for at in range(len(above)))]


class Walker:
    """Walks for one message; no name is asked for twice."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._found: dict[str, DmarcRecord | None] = {}
        self.queries: list[str] = []  # Names asked for TXT, in order.

    async def record(self, domain: str) -> DmarcRecord | None:
        """The record at a domain; None as well where there are several. Raises `DmarcUnknown`."""
        if domain not in self._found:
            self._found[domain] = await self._asked(f"_dmarc.{domain}")
        return self._found[domain]

    async def records(self, domain: str) -> dict[str, DmarcRecord]:
        """All records from a domain upwards, until one of them says where to stop. Raises `DmarcUnknown`."""
        found: dict[str, DmarcRecord] = {}
        for name in walked_names(domain):
            record = await self.record(name)
            if record is not None:
                found[name] = record
                if record.is_organisation or record.is_suffix:
                    break
        return found

    async def organisation(self, domain: str) -> str:
        """The organisational domain (section 4.10.2). Raises `DmarcUnknown`."""
        return organisation_among(domain, await self.records(domain))

    async def exists(self, domain: str) -> bool:
        """Whether a domain exists in the sense of RFC 8020; no answer counts as yes."""
        return (await self._lookup(domain, "A")).status is not DnsStatus.NXDOMAIN

    async def _asked(self, name: str) -> DmarcRecord | None:
        self.queries.append(name)
        answer = await self._lookup(name, "TXT")
        if answer.is_temporary:
            raise DmarcUnknown(f"TXT of {name[:80]}: {answer.status}")
        records = [record for record in answer.octets if is_dmarc(record)]
        return parse_dmarc(records[0]) if len(records) == 1 else None


def organisation_among(domain: str, records: dict[str, DmarcRecord]) -> str:
    """The organisational domain of one whose walk found these records, longest name first."""
    for name, record in records.items():
        if record.is_organisation:
            return name
        if record.is_suffix and name != domain:
            return _one_label_below(name, domain)
    return min(records, key=lambda name: name.count("."), default=domain)


def _one_label_below(suffix: str, domain: str) -> str:
    rest = domain.removesuffix(f".{suffix}")
    return f"{rest.rpartition('.')[2]}.{suffix}"

"""The domain name system as a question brings it along: the rules of the judge's "Zone"."""

from __future__ import annotations

from typing import Any

from ecluse.domain.dns import Answer, DnsStatus, Lookup, Mx, Record
from ecluse.entrypoints.judge_ops.question import Json, Refused

MAX_ALIASES = 8
TTL_S = 300
_ERRORS = {"TIMEOUT": DnsStatus.TIMEOUT, "SERVFAIL": DnsStatus.SERVFAIL, "REFUSED": DnsStatus.REFUSED}
_NO_DATA, _NXDOMAIN = Answer(DnsStatus.NO_DATA, ttl=TTL_S), Answer(DnsStatus.NXDOMAIN, ttl=TTL_S)


def lookup_in(zone: Json) -> Lookup:
    """Answer from `zone` alone. What is wrong in it raises `Refused` when it is asked for."""
    if not all(isinstance(types, dict) for types in zone.values()):
        raise Refused("bad-request", "a name of the zone holds no object")
    parents = {parent for name in zone for parent in _parents(name)}

    async def lookup(name: str, kind: str) -> Answer:
        name = name.removesuffix(".").lower()
        for _ in range(MAX_ALIASES):
            if not _is_name(name):
                return Answer(DnsStatus.BAD_NAME)
            types = zone.get(name, zone.get("*"))
            if types is None:
                return _NO_DATA if name in parents else _NXDOMAIN
            if kind in types or "CNAME" not in types:
                return _answer(types, kind)
            alias = _answer(types, "CNAME")
            if not alias.texts:
                return alias
            name = alias.texts[0]
        return Answer(DnsStatus.SERVFAIL)

    return lookup


def _parents(name: str) -> list[str]:
    labels = name.split(".")
    return [".".join(labels[at:]) for at in range(1, len(labels))]


def _is_name(name: str) -> bool:
    return 0 < len(name) <= 253 and all(0 < len(label) <= 63 for label in name.split("."))


def _answer(types: Json, kind: str) -> Answer:
    records = types.get(kind)
    if isinstance(records, dict):
        return Answer(_error(records.get("error")))
    if records is None and "error" in types:
        return Answer(_error(types["error"]))
    if not records:
        return _NO_DATA
    if not isinstance(records, list):
        raise Refused("bad-request", "records are a list, or an object with an error")
    return Answer(DnsStatus.OK, tuple(_record(kind, record) for record in records), TTL_S)


def _error(word: Any) -> DnsStatus:
    status = _ERRORS.get(word) if isinstance(word, str) else None
    if status is None:
        raise Refused("bad-request", "an error of the zone is TIMEOUT, SERVFAIL or REFUSED")
    return status


def _record(kind: str, record: Any) -> Record:
    try:
        if kind == "TXT":
            return "".join(record).encode("latin-1")
        if kind == "MX":
            preference, host = record
            return Mx(int(preference), _name(host))
    except (TypeError, ValueError):
        raise Refused("bad-request", f"no {kind} record") from None
    return _name(record) if kind in ("PTR", "CNAME", "NS") else _text(record)


def _name(record: Any) -> str:
    return _text(record).removesuffix(".").lower()


def _text(record: Any) -> str:
    if not isinstance(record, str):
        raise Refused("bad-request", "a record is text")
    return record


class ZoneResolver:
    """The port `Resolver` over a zone."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    async def ask(self, name: str, kind: str) -> Answer:
        """See `Resolver.ask`."""
        return await self._lookup(name, kind)

    def known(self, name: str, kind: str) -> Answer | None:  # noqa: ARG002 - the port's
        """See `Resolver.known`: a zone is always asked."""
        return None

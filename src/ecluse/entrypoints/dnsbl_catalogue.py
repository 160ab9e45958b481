"""The DNS lists that a node asks: its own and those it chose from the catalogue, their keys filled in."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from ecluse.domain.dnsbl import ABOUT_ADDRESSES, DnsList, ReturnCode
from ecluse.entrypoints.dnsbl_tables import CatalogueFile, Dnsbl, ListTable
from ecluse.entrypoints.toml_file import read_toml

CATALOGUE = Path(__file__).with_name("dnsbl_catalogue.toml")
MAX_KEY_OCTETS = 200

_ZONE = re.compile(r"(?=.{1,200}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))+")
_BITS = frozenset(str(1 << bit) for bit in range(8))


@cache
def catalogue() -> dict[str, ListTable]:
    """All lists that come with the program, by name."""
    file = read_toml(CATALOGUE, max_bytes=1_048_576).convert(CatalogueFile, lambda kind, text: kind(text))
    return {table.name: table for table in file.list}


def chosen_tables(settings: Dnsbl) -> tuple[ListTable, ...]:
    """The lists to ask; names that the catalogue does not know are left out."""
    known = catalogue()
    return (*(known[name] for name in settings.lists if name in known), *settings.list)


def chosen_lists(settings: Dnsbl, workers: int) -> tuple[DnsList, ...]:
    """The same as the panel wants them, each worker with its part of a quota. Raises `OSError` and `ValueError`."""
    return tuple(as_dns_list(table, settings, workers) for table in chosen_tables(settings))


def as_dns_list(table: ListTable, settings: Dnsbl, workers: int = 1) -> DnsList:
    """One list; `ValueError` says what was expected, `OSError` that its key cannot be read."""
    codes = tuple(ReturnCode(code, one.text, one.weight, one.meaning) for code, one in table.codes.items())
    for code in codes:
        if not (code.code in _BITS if table.bit_mask else _is_answer(code.code)):
            expected = "a bit of 1 to 128" if table.bit_mask else "an answer such as 127.0.0.2 or 127.0.*.3"
            raise ValueError(f"expected {expected}, found {code.code!r}")
    kinds = frozenset(table.kinds)
    if bool(kinds & ABOUT_ADDRESSES) == bool(kinds - ABOUT_ADDRESSES):
        raise ValueError("expected kinds about addresses (ip, name-server) or about names, not both")
    knows_addresses = bool(kinds & ABOUT_ADDRESSES)
    return DnsList(
        name=table.name,
        zone=_zone(table, settings),
        kinds=kinds,
        publisher=table.publisher,
        codes=codes,
        weight=table.weight,
        is_bit_mask=table.bit_mask,
        has_ipv6=table.ipv6,
        quota_per_day=-(-table.quota_per_day // workers),
        listed_canary=table.listed_canary or ("127.0.0.2" if knows_addresses else "test"),
        unlisted_canary=table.unlisted_canary or ("127.0.0.1" if knows_addresses else "invalid"),
    )


def _zone(table: ListTable, settings: Dnsbl) -> str:
    zone = table.zone.lower().removesuffix(".")
    if "{key}" in zone:
        if table.name not in settings.keys:
            raise ValueError(f"expected a file with its key in dnsbl.keys, by the name {table.name!r}")
        zone = zone.replace("{key}", settings.keys[table.name].read_text("ascii")[:MAX_KEY_OCTETS].strip().lower())
    if not _ZONE.fullmatch(zone):
        raise ValueError("expected a domain name as zone, with {key} where its key belongs")
    return zone


def _is_answer(code: str) -> bool:
    try:
        return str(ip_address(code.replace("*", "0"))).startswith("127.")
    except ValueError:
        return False

"""The tables about DNS lists: those of ecluse.toml and of the catalogue that comes with the program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from ecluse.domain.dnsbl import ListKind, Meaning


class CodeTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one answer of a list means."""

    text: Annotated[str, Meta(max_length=200, description="A few words, for people.")] = "listed"
    weight: Annotated[
        float,
        Meta(
            ge=0,
            le=5,
            description="Points of the listing: a finding needs 1, and 3 from two publishers count as widely listed.",
        ),
    ] = 1.0
    meaning: Annotated[
        Meaning,
        Meta(description="`policy` (dial-up zones) never counts as proof of harm (1-8); `good` lightens the score."),
    ] = Meaning.BAD


class ListTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One DNS list."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="Ours, in findings and evidence.")]
    zone: Annotated[
        str, Meta(max_length=200, description="Where it is asked; `{key}` stands for what is in `dnsbl.keys`.")
    ]
    publisher: Annotated[
        str, Meta(min_length=1, max_length=100, description="Lists of one publisher count as one witness (1-8).")
    ]
    kinds: Annotated[tuple[ListKind, ...], Meta(min_length=1, description="What it is asked about.")]
    codes: Annotated[
        dict[str, CodeTable],
        Meta(
            max_length=256,
            description="Its answers, `127.0.0.2` or `127.0.*.3`, or the bits of a mask; none: every answer is a "
            "listing of `weight`.",
        ),
    ] = {}
    weight: Annotated[float, Meta(ge=0, le=5, description="Points of a listing where there are no `codes`.")] = 1.0
    bit_mask: Annotated[bool, Meta(description="The last octet of an answer is a sum of `codes`.")] = False
    ipv6: Annotated[bool, Meta(description="It knows IPv6 addresses too.")] = False
    quota_per_day: Annotated[
        int, Meta(ge=0, description="Questions a day (UTC) from this node, answers from the cache included; 0 for any.")
    ] = 0
    listed_canary: Annotated[
        str,
        Meta(
            max_length=253,
            description="What is always listed; empty for 127.0.0.2, of domain lists `test` (RFC 5782 section 5).",
        ),
    ] = ""
    unlisted_canary: Annotated[
        str, Meta(max_length=253, description="What never is; empty for 127.0.0.1, of domain lists `invalid`.")
    ] = ""
    terms: Annotated[str, Meta(max_length=500, description="What its publisher asks of its users.")] = ""


class CatalogueFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """dnsbl_catalogue.toml."""

    list: tuple[ListTable, ...]


class Dnsbl(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """DNS lists of senders and domains; none is asked unless it is named here."""

    lists: Annotated[tuple[str, ...], Meta(description="Names from the catalogue (dns-lists.md).")] = ()
    keys: Annotated[
        dict[str, Path], Meta(description="Name of a list -> file that holds its key, for zones with `{key}`.")
    ] = {}
    list: Annotated[tuple[ListTable, ...], Meta(description="Lists of your own, all of them asked.")] = ()

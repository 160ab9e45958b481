"""DMARC records: tags and values (RFC 9989 sections 4.7 and 4.8); those of RFC 7489 read the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from ecluse.domain.errors import EcluseError

MAX_OCTETS = 8_192
_MAX_CACHED_OCTETS = 1_024  # A thousand of them are kept between messages.

_VERSION = re.compile(rb"v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
_TAG = re.compile(r"[ \t]*([a-zA-Z]+)[ \t]*=(.*)\Z", re.DOTALL)
_URI = re.compile(r"[ \t]*[a-z][a-z0-9+.-]*:[!-+\--~]+", re.IGNORECASE)


class DmarcSyntax(EcluseError):
    """This is no DMARC record, or one that asks for nothing."""


class DmarcPolicy(StrEnum):
    """What the domain's owner wants done with mail that fails."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"

    @property
    def in_test(self) -> DmarcPolicy:
        """One level below: what `t=y` asks for (section 4.7)."""
        return DmarcPolicy.QUARANTINE if self is DmarcPolicy.REJECT else DmarcPolicy.NONE


_POLICIES: Mapping[str, DmarcPolicy] = {policy.value: policy for policy in DmarcPolicy}


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """One record."""

    tags: Mapping[str, str]  # Names in lower case; values as written, without white space around them.

    def policy(self, *tags: str) -> DmarcPolicy | None:
        """The value of the first of these tags that is there, lowered by `t=y`.

        None means that the record asks for nothing. One with a policy that is none of the three counts as p=none where
        it wants reports (section 4.10.1).
        """
        given = [self.tags[tag].lower() for tag in ("p", "sp", "np") if tag in self.tags]
        if "p" not in self.tags or not all(value in _POLICIES for value in given):
            return DmarcPolicy.NONE if self.wants_reports else None
        policy = next(_POLICIES[self.tags[tag].lower()] for tag in (*tags, "p") if tag in self.tags)
        return policy.in_test if self._is("t", "y") else policy

    @property
    def wants_reports(self) -> bool:
        """Whether `rua=` names at least one URI."""
        return any(_URI.match(uri) for uri in self.tags.get("rua", "").split(","))

    @property
    def is_suffix(self) -> bool:
        """psd=y: a public suffix."""
        return self._is("psd", "y")

    @property
    def is_organisation(self) -> bool:
        """psd=n: an organisational domain, whatever stands above it."""
        return self._is("psd", "n")

    @property
    def has_strict_spf(self) -> bool:
        """aspf=s."""
        return self._is("aspf", "s")

    @property
    def has_strict_dkim(self) -> bool:
        """adkim=s."""
        return self._is("adkim", "s")

    def _is(self, tag: str, value: str) -> bool:
        return self.tags.get(tag, "").lower() == value


def is_dmarc(record: bytes) -> bool:
    """Whether a TXT record starts with the version of DMARC, to the letter (section 4.7, "v")."""
    return _VERSION.match(record) is not None and len(record) <= MAX_OCTETS


def parse_dmarc(record: bytes) -> DmarcRecord:
    """Read a record; what is no tag is passed over, of a repeated one the first counts. Raises `DmarcSyntax`."""
    if not is_dmarc(record):
        raise DmarcSyntax("it does not start with v=DMARC1, or is too long")
    return _parsed_before(record) if len(record) <= _MAX_CACHED_OCTETS else _parsed(record)


def _parsed(record: bytes) -> DmarcRecord:
    tags: dict[str, str] = {}
    for piece in record.decode("latin-1").split(";"):
        if found := _TAG.match(piece):
            tags.setdefault(found[1].lower(), found[2].strip(" \t"))
    return DmarcRecord(MappingProxyType(tags))


_parsed_before = lru_cache(1_024)(_parsed)

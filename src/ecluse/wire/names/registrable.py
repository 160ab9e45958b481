"""The domain that somebody registered, by the Public Suffix List."""

from __future__ import annotations

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

from ecluse.wire.names.spelling import ascii_domain


@lru_cache(4_096)
def registrable_domain(name: str) -> str | None:
    """One label more than the public suffix, in A-labels; None for a suffix itself and for what is no name.

    A suffix that is not on the list counts as one of one label, as the list says.
    """
    domain = ascii_domain(name)
    return _suffixes().privatesuffix(domain) if domain else None


@cache
def _suffixes() -> PublicSuffixList:
    """The list that came with the package: it is never fetched."""
    return PublicSuffixList()


@lru_cache(4_096)
def has_known_suffix(name: str) -> bool:
    """Whether somebody can have registered the name under a suffix that is on the list."""
    domain = ascii_domain(name)
    return domain is not None and _suffixes().privatesuffix(domain, accept_unknown=False) is not None

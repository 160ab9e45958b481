"""Domains under which anybody may open a mailbox, by free_mail.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

DOMAINS = Path(__file__).with_name("free_mail.toml")


def is_free_mail(domain: str) -> bool:
    """Whether the registered domain is one of them."""
    return domain in _domains()


@cache
def _domains() -> frozenset[str]:
    return frozenset(tomllib.loads(DOMAINS.read_text("utf-8"))["domains"])

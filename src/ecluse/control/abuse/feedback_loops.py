"""Who complains for the recipients of many domains, by feedback_loops.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("feedback_loops.toml")


def is_feedback_loop(author: str, domain: str) -> bool:
    """Whether mail of this proven author (`Address.key`) or of this proven registered domain comes from one."""
    return author in _named("addresses") or domain in _named("domains")


@cache
def _named(column: str) -> frozenset[str]:
    return frozenset(tomllib.loads(TABLE.read_text("utf-8"))[column])

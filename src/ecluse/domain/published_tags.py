"""What of a DMARC record is told again in reports about it (RFC 9990, "policy_published")."""

from __future__ import annotations

from collections.abc import Mapping

TAGS = ("p", "sp", "np", "adkim", "aspf", "fo", "t")
MAX_VALUE = 16  # Characters; the longest that means anything is "quarantine".


def written_tags(tags: Mapping[str, str]) -> str:
    """Those that are there, in one order and lower case: "p=reject adkim=s"; what cannot be meant is left out."""
    kept = ((name, tags[name].lower()) for name in TAGS if name in tags)
    return " ".join(f"{name}={value}" for name, value in kept if _is_word(value))


def read_tags(text: str) -> dict[str, str]:
    """The reverse of `written_tags`."""
    return dict(pair.split("=", 1) for pair in text.split() if "=" in pair)


def _is_word(value: str) -> bool:
    return 0 < len(value) <= MAX_VALUE and value.isascii() and value.replace(":", "").isalnum()

"""What a check says about a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact that speaks for or against a message; the policy weighs it."""

    code: str  # UPPER_CASE; its meaning stands in `filtering/meanings.py`.
    detail: str = ""  # For people: numbers, codes, domains. Never content, names of files or persons (15-8).
    recipient: str = ""  # `Address.key` when it concerns one recipient only, "" for all.
    strength: float = 1.0  # Times the weight of its code; never negative. 1 for what is true or not.

"""Turns evidence into findings by a table of checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from ecluse.domain.evidence import Evidence
from ecluse.domain.finding import Finding
from ecluse.domain.policy import Policy

Check: TypeAlias = Callable[[Evidence, Policy], Iterator[Finding]]


def examine(evidence: Evidence, policy: Policy, checks: tuple[Check, ...]) -> tuple[Finding, ...]:
    """What the checks state, in their order; `judge` weighs it."""
    return tuple(finding for check in checks for finding in check(evidence, policy))

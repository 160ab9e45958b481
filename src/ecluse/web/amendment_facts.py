"""What both sides' pages show of one amendment, and of all of a contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.control.contracts import amendments
from ecluse.control.contracts.amendment_states import AmendmentState
from ecluse.control.contracts.offers import sum_of
from ecluse.control.contracts.queries import Amendment
from ecluse.web.contract_words import BUNDLES

AMENDMENT_STATES: Mapping[str, str | Promise] = MappingProxyType(
    {
        AmendmentState.DRAFTED: _("draft"),
        AmendmentState.SENT: _("offered"),
        AmendmentState.ACCEPTED: _("accepted by the client"),
        AmendmentState.BEGUN: _("in force"),
        AmendmentState.WITHDRAWN: _("withdrawn"),
    }
)


def rows_of(found: Iterable[Amendment]) -> list[tuple[Amendment, str | Promise]]:
    """Each with its state in words."""
    return [(each, AMENDMENT_STATES[each.state]) for each in found]


def facts_of_amendment(row: Amendment) -> dict[str, Any]:
    """Within the scope of its client."""
    return {
        "contract": row.contract,
        "amendment": row,
        "state": AMENDMENT_STATES[row.state],
        "bundle": BUNDLES[row.bundle],
        "bundle_before": BUNDLES[row.before["bundle"]],
        "proofs": row.acceptances.all(),
        "sum": sum_of(amendments.amendment_document(row)),
        "left": _months_left(row),
    }


def _months_left(row: Amendment) -> int:
    """At most: who signs later pays for fewer."""
    return row.months if row.starts_on else amendments.months_left(row.contract)

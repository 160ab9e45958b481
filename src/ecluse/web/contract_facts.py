"""What both sides' pages show of one contract."""

from __future__ import annotations

from typing import Any

from ecluse.control.contracts import queries
from ecluse.control.contracts.queries import Contract
from ecluse.web.contract_words import APPROVALS, BUNDLES, MOVES, REFUNDS, STATES


def facts_of(row: Contract) -> dict[str, Any]:
    """Within the scope of its client."""
    return {
        "contract": row,
        "state": STATES[row.state],
        "bundle": BUNDLES[row.bundle],
        "domains": [(each, APPROVALS[each.approval]) for each in row.domains.all()],
        "moves": [(each, MOVES.get(each.what, each.what)) for each in row.moves.all()],
        "proofs": row.acceptances.filter(amendment=None),
        "refunds": [(each, REFUNDS[each.state]) for each in row.refund_requests.all()],
        "used": queries.entitlement(row),
    }

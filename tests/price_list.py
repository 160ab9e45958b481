"""A price list for tests."""

from decimal import Decimal

from ecluse.control.contracts.price_grid import Bundle, Grid, Tier

GRID = Grid(
    tiers=(
        Tier(50, {Bundle.INBOUND: Decimal("2.00"), Bundle.OUTBOUND: Decimal("1.00"), Bundle.BOTH: Decimal("2.50")}),
        Tier(0, {Bundle.INBOUND: Decimal("1.50"), Bundle.OUTBOUND: Decimal("0.80"), Bundle.BOTH: Decimal("2.00")}),
    ),
    domain=Decimal("3.00"),
    reductions={24: Decimal(5), 36: Decimal(10)},
    options={"archive": Decimal("0.33")},
)

"""A queue under clocks of its own, for the journeys of spooled mail."""

from __future__ import annotations

import pytest

from tests.journeys.delivery.deliveries import Deliveries


@pytest.fixture
async def deliveries(tmp_path):
    async with Deliveries(tmp_path).running() as running:
        yield running

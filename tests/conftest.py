"""What holds for every test."""

from __future__ import annotations

import pytest
import structlog
from hypothesis import HealthCheck, settings

# The same examples each time, and no clock: on a busy machine it would find fault with what is only waiting.
settings.register_profile("house", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(autouse=True)
def _logs_as_they_come():
    """No test inherits what another, or a tool that was imported, has told the log to leave out."""
    structlog.reset_defaults()

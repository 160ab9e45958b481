"""What holds for every test."""

from __future__ import annotations

import pytest
import structlog


@pytest.fixture(autouse=True)
def _logs_as_they_come():
    """No test inherits what another, or a tool that was imported, has told the log to leave out."""
    structlog.reset_defaults()

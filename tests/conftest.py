"""What holds for every test."""

from __future__ import annotations

import gc

import pytest
import structlog
from hypothesis import HealthCheck, settings

# The same examples each time, and no clock: on a busy machine it would find fault with what is only waiting.
settings.register_profile("house", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_collection_finish():
    """What was imported stays to the end: to look through all of it for garbage again and again is a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture(autouse=True)
def _logs_as_they_come():
    """No test inherits what another, or a tool that was imported, has told the log to leave out."""
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup):
    """After a test that commits, `empty` is quicker than Django by half a second."""
    from django.test import TransactionTestCase  # noqa: PLC0415 - most tests do without Django.

    from tests.control.emptying import empty  # noqa: PLC0415 - the same.

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: empty())
        yield

"""The domain that a node of the tests follows."""

from __future__ import annotations

import pytest

from tests.control.cast import make_master_key
from tests.control.following import fresh_domain, served


@pytest.fixture
def domain():
    return fresh_domain()


@pytest.fixture
def published(domain, tmp_path, settings):
    """Its row, with addresses of ann and bob; what is held for them is sealed."""
    make_master_key(tmp_path, settings)
    with served(domain, "ann", "bob") as row:
        yield row


@pytest.fixture
def owner(published):
    return published.client

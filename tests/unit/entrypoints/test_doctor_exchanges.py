"""The doctor says where no client can be given two servers (9-6)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ecluse.entrypoints.doctor.exchanges import exchanges


@pytest.mark.parametrize(
    ("hosts", "database", "count"),
    [
        (("mx1.provider.example",), "postgresql://x", 1),
        (("mx1.provider.example", "MX1.provider.example"), "postgresql://x", 1),
        (("mx1.provider.example", "mx2.provider.example"), "postgresql://x", 0),
        (("mx1.provider.example",), None, 0),  # No console, no contract.
        ((), "postgresql://x", 0),  # None is promised anything.
    ],
)
def test_one_host_is_told_of(hosts, database, count):
    settings = SimpleNamespace(web=SimpleNamespace(exchanges=hosts), control=SimpleNamespace(database=database))
    assert len(list(exchanges(SimpleNamespace(settings=settings)))) == count

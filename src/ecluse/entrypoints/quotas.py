"""The counts of outbound mail, as every process of a node opens them."""

from __future__ import annotations

from ecluse.adapters.counters.keys import make_salt
from ecluse.adapters.sqlite.quotas import SqliteQuotas
from ecluse.adapters.valkey.quotas import ClusterQuotas
from ecluse.entrypoints.counter_server import counter_server
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings


def open_quotas(settings: Settings) -> tuple[SqliteQuotas, ClusterQuotas | None]:
    """Those of the node; and those of all nodes, where they share a counter server."""
    paths = DataPaths(settings.data_dir)
    salt, server = make_salt(paths.salt), counter_server(settings)
    quotas = SqliteQuotas(paths.quotas, salt)
    return quotas, ClusterQuotas(quotas, server, salt) if server is not None else None

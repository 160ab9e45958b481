"""The store of held bodies that the settings name."""

from __future__ import annotations

from importlib.util import find_spec

from ecluse.entrypoints.settings_tables import Settings
from ecluse.ports.bodies import Bodies


def has_program() -> bool:
    """Whether what speaks with such stores is installed: `pip install ecluse[bodies]`."""
    return find_spec("obstore") is not None


def body_store(settings: Settings) -> Bodies | None:
    """None where bodies stay on the node's disk."""
    chosen = settings.bodies
    if chosen.url is None or chosen.secret_file is None:
        return None
    from ecluse.adapters.obstore.bodies import Bucket, ObjectBodies  # noqa: PLC0415 - an extra: most nodes do without.

    bucket = Bucket(chosen.url, chosen.key_id, chosen.secret_file, chosen.region, chosen.timeout_s)
    return ObjectBodies(bucket.connect, settings.hostname)

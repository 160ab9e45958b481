"""The node key: what the private keys for outbound mail are sealed under on their way to a node."""

from __future__ import annotations

import base64
import binascii
import secrets

import structlog

from ecluse.control.keystore.master import read_master_key
from ecluse.control.secret_file import made_once
from ecluse.domain.errors import Impossible
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.wire.dkim.sealed_key import NODE_KEY_OCTETS, node_key_from

log = structlog.get_logger()


def node_key(settings: Settings) -> bytes:
    """A node by itself makes its own; one that follows a control plane was given one, or stands beside the master key.

    b"" where it has none: then outbound mail leaves unsigned, which is logged. Raises `OSError`.
    """
    paths = DataPaths(settings.data_dir)
    try:
        if settings.control.database is None:
            return _decoded(made_once(paths.node_key, _fresh))
        if paths.node_key.exists():
            return _decoded(paths.node_key.read_bytes())
        return node_key_from(read_master_key(paths.master_key))
    except Impossible as problem:
        log.warning("this node has no key to sign outbound mail with", problem=str(problem))
        return b""


def written(key: bytes) -> str:
    """As the file has it."""
    return base64.b64encode(key).decode()


def _fresh() -> bytes:
    return written(secrets.token_bytes(NODE_KEY_OCTETS)).encode() + b"\n"


def _decoded(text: bytes) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error as error:
        raise Impossible("the node key is no base64") from error
    if len(key) != NODE_KEY_OCTETS:
        raise Impossible(f"the node key has {len(key)} octets, not {NODE_KEY_OCTETS}")
    return key

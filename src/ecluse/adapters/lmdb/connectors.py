"""Connectors in the store of policy: each one once, and found by what proves it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import cast

import lmdb
import msgspec

from ecluse.adapters.lmdb.environment import Environment
from ecluse.adapters.lmdb.keys import LONG, demand_policy, key_of
from ecluse.adapters.lmdb.networks import Prefixes, ip_patterns, network_pattern, prefixes_of
from ecluse.domain.connector import Connector
from ecluse.domain.errors import Unavailable

CONNECTOR = b"c"  # client, name -> Connector
PROOF = b"i"  # kind, value, digest of client and name -> the key of the connector
REACH = b"r"  # "own" or "shared" -> Prefixes of the networks that occur

NETWORK_KINDS = ("own", "shared")
MOST = 100  # Connectors of one client that one proof fits, or clients; nobody has as many clients on one server.

_ENCODER = msgspec.msgpack.Encoder(order="deterministic")
_CONNECTOR = msgspec.msgpack.Decoder(Connector)
_PREFIXES = msgspec.msgpack.Decoder(Prefixes)


class LmdbConnectors:
    """The port `Connectors`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._environment = Environment(path, creates=False)

    def with_login(self, login: str) -> Connector | None:
        """See `Connectors.with_login`."""
        return next(iter(self._found("login", login)), None)

    def with_certificate(self, fingerprint: str, client: str | None = None) -> tuple[Connector, ...]:
        """See `Connectors.with_certificate`."""
        return self._found("certificate", fingerprint, client)

    def with_token(self, digest: bytes, client: str) -> tuple[Connector, ...]:
        """See `Connectors.with_token`."""
        return self._found("token", digest.hex(), client)

    def of_network(self, ip: str, client: str | None = None) -> tuple[Connector, ...]:
        """See `Connectors.of_network`."""
        return self._found("own", ip, client)

    def forwards(self, client: str) -> bool:
        """See `Connectors.forwards`."""
        return bool(self._found("forwards", client, client, most=1))

    def is_shared(self, ip: str) -> bool:
        """See `Connectors.is_shared`."""
        return bool(self._found("shared", ip, most=1))

    def _found(self, kind: str, value: str, client: str | None = None, most: int = MOST) -> tuple[Connector, ...]:
        """Where networks prove, the value is an IP; those of the narrowest network come first."""
        try:
            with self._environment.read() as store:
                values = ip_patterns(value, _reach(store, kind)) if kind in NETWORK_KINDS else (value,)
                keys = (key for each in values for key in _proven(store, kind, each))
                own = _first_of_each(keys) if client is None else _of_client(keys, client)
                found = (_CONNECTOR.decode(cast("bytes", store.get(key))) for key in own)
                of_client = tuple(islice((one for one in found if client in (None, one.client)), most))
                if not of_client:
                    demand_policy(store, self._path)
                return of_client
        except (lmdb.Error, OSError, msgspec.MsgspecError) as error:
            raise Unavailable(f"{self._path}: {error}") from error


def connector_records(connectors: Iterable[Connector]) -> Iterator[tuple[bytes, bytes]]:
    """All records of these connectors, where there are no others."""
    kept = tuple(connectors)
    for connector in kept:
        yield from _records(connector)
    for kind in NETWORK_KINDS:
        networks = [network for one in kept for network in one.networks if _network_kind(one) == kind]
        if networks:
            yield key_of(REACH, kind), _ENCODER.encode(prefixes_of(networks))


def apply_connector(store: lmdb.Transaction, client: str, name: str, body: bytes | None) -> None:
    """One connector in place of what it was. That a prefix length occurs is never unlearned: it costs a look-up."""
    key = key_of(CONNECTOR, client, name)
    former = cast("bytes | None", store.get(key))
    for old, _ in () if former is None else _records(_CONNECTOR.decode(former)):
        store.delete(old)
    if body is None:
        return
    connector = _CONNECTOR.decode(body)
    for new, value in _records(connector):
        store.put(new, value)
    if kind := _network_kind(connector):
        reach = _reach(store, kind)
        more = prefixes_of(connector.networks)
        both = Prefixes(_joined(reach.v4, more.v4), _joined(reach.v6, more.v6))
        store.put(key_of(REACH, kind), _ENCODER.encode(both))


def _records(connector: Connector) -> Iterator[tuple[bytes, bytes]]:
    key = key_of(CONNECTOR, connector.client, connector.name)
    yield key, _ENCODER.encode(connector)
    digest = hashlib.sha256(key).hexdigest()[:32]
    for kind, value in _proofs(connector):
        yield key_of(PROOF, kind, value, digest), key


def _proofs(connector: Connector) -> Iterator[tuple[str, str]]:
    """What it is found by: the strongest proof that it names; and its client, where it forwards."""
    if connector.forwards:
        yield "forwards", connector.client
    if connector.login:
        yield "login", connector.login
    elif connector.certificate:
        yield "certificate", connector.certificate
    elif connector.token:
        yield "token", connector.token.hex()
    if kind := _network_kind(connector):
        yield from ((kind, network_pattern(one)) for one in connector.networks)


def _network_kind(connector: Connector) -> str:
    """Networks are looked for where they prove something, or where a token is awaited from them."""
    if connector.is_network_alone:
        return "" if connector.is_shared else "own"
    return "shared" if connector.token and not (connector.login or connector.certificate) else ""


def _proven(store: lmdb.Transaction, kind: str, value: str) -> Iterator[bytes]:
    prefix = key_of(PROOF, kind, value, "")
    cursor = store.cursor()
    cursor.set_range(prefix)
    for key, connector_key in cast("Iterator[tuple[bytes, bytes]]", cursor):
        if not key.startswith(prefix):
            return
        yield connector_key


def _of_client(keys: Iterable[bytes], client: str) -> Iterator[bytes]:
    """However many of others come before them; a key that was too long does not show whose it is."""
    shown = (key_of(CONNECTOR, client, ""), LONG)
    return (key for key in keys if key.startswith(shown))


def _first_of_each(keys: Iterable[bytes]) -> Iterator[bytes]:
    """One connector of each client."""
    seen = set()
    for key in keys:
        client = key.rpartition(b"\0")[0]
        if client not in seen:
            seen.add(client)
            yield key


def _reach(store: lmdb.Transaction, kind: str) -> Prefixes:
    record = cast("bytes | None", store.get(key_of(REACH, kind)))
    return _PREFIXES.decode(record) if record else Prefixes()


def _joined(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted({*one, *other}, reverse=True))

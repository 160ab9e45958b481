"""Published policy in LMDB: written by the agent alone, read by every worker without leaving the process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

import lmdb
import msgspec

from ecluse.adapters.lmdb.connectors import apply_connector, connector_records
from ecluse.adapters.lmdb.environment import Environment, failures
from ecluse.adapters.lmdb.keys import PUBLISHED, demand_policy, key_of
from ecluse.adapters.lmdb.networks import Prefixes, ip_patterns, network_pattern, prefixes_of
from ecluse.domain.address import Address
from ecluse.domain.errors import Unavailable
from ecluse.domain.evidence import ListHit
from ecluse.domain.person import Person
from ecluse.domain.policy import Policy
from ecluse.domain.publication import Batch, Kind, Publication
from ecluse.domain.published import ListEntry, PublishedPolicy
from ecluse.domain.purge import MOST_LOG_DAYS
from ecluse.domain.signing import DomainKeys
from ecluse.domain.suppression import Suppression, suppression_key

# The tables of the store, by the first octet of the key. The parts after it are joined by NUL, which no published
# name, address or entry holds; so a look-up for hostile text finds nothing that was not published under that text.
DOMAIN = b"d"  # name -> Policy
ADDRESS = b"a"  # `Address.key` -> nothing
OWNER = b"o"  # scope, owner -> Prefixes of the networks on his lists; absent when he has no list
ENTRY = b"l"  # scope, owner, pattern -> {kind: entry as written}
PERSON = b"n"  # client, `Person.key` -> Person
SIGNING = b"s"  # domain -> DomainKeys
SUPPRESSED = b"x"  # `suppression_key` -> Suppression
# CONNECTOR, PROOF and REACH stand in connectors.py, PUBLISHED in keys.py.
KEYS = b"k"  # scope, owner -> the keys of his list's records, for a node that follows a control plane
POSITION = b"@"  # How far such a node has followed.
TAKEN = b"%"  # The same, with the kinds that it took: a later release takes more.

FORMAT = b"1"
MAX_POLICIES_KEPT = 4096  # Decoded, per process: some kB each.
MAX_LABELS = 127  # RFC 1035 section 3.1: a name of 255 octets has no more.

# Sets and maps in one order, so that a policy published again is the same octets.
_OUR_KINDS = " ".join(sorted(Kind))
_ENCODER = msgspec.msgpack.Encoder(order="deterministic")
_POLICY = msgspec.msgpack.Decoder(Policy)
_PERSON = msgspec.msgpack.Decoder(Person)
_SIGNING = msgspec.msgpack.Decoder(DomainKeys)
_SUPPRESSION = msgspec.msgpack.Decoder(Suppression)
_PREFIXES = msgspec.msgpack.Decoder(Prefixes)
_KINDS = msgspec.msgpack.Decoder(dict[str, str])
_ENTRIES = msgspec.msgpack.Decoder(tuple[ListEntry, ...])
_BYTES = msgspec.msgpack.Decoder(tuple[bytes, ...])
_TABLES = {
    Kind.DOMAIN: DOMAIN,
    Kind.ADDRESS: ADDRESS,
    Kind.PERSON: PERSON,
    Kind.KEYS: SIGNING,
    Kind.SUPPRESSION: SUPPRESSED,
}


class LmdbPolicies:
    """The ports `Policies`, `SigningKeys` and `Suppressions`. Every look-up raises `Unavailable` when the store is missing, damaged or too new for us."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._environment = Environment(path, creates=False)
        self._decoded: dict[str, tuple[bytes, Policy]] = {}

    @property
    def has_policy(self) -> bool:
        """False only if a policy has never been published here: then a node must not serve. Raises `Unavailable`."""
        if not self._environment.exists:
            return False
        with failures(self._path), self._environment.read() as store:
            return self._get(store, PUBLISHED) is not None

    def domain(self, name: str) -> Policy | None:
        """See `Policies.domain`."""
        try:
            with self._environment.read() as store:
                record = self._get(store, key_of(DOMAIN, name))
                if record is None:
                    demand_policy(store, self._path)
                    return None
            return self._decode(name, record)
        except (lmdb.Error, OSError, msgspec.MsgspecError) as error:
            raise Unavailable(f"{self._path}: {error}") from error

    def has_address(self, address: Address) -> bool:
        """See `Policies.has_address`."""
        try:
            with self._environment.read() as store:
                if self._get(store, key_of(ADDRESS, address.key)) is not None:
                    return True
                demand_policy(store, self._path)
                return False
        except (lmdb.Error, OSError) as error:
            raise Unavailable(f"{self._path}: {error}") from error

    def person(self, client: str, key: str) -> Person | None:
        """See `Policies.person`."""
        try:
            with self._environment.read() as store:
                record = self._get(store, key_of(PERSON, client, key))
            return None if record is None else _PERSON.decode(record)
        except (lmdb.Error, OSError, msgspec.MsgspecError) as error:
            raise Unavailable(f"{self._path}: {error}") from error

    def signing_keys(self, domain: str) -> DomainKeys | None:
        """See `SigningKeys.signing_keys`."""
        try:
            with self._environment.read() as store:
                record = self._get(store, key_of(SIGNING, domain))
            return None if record is None else _SIGNING.decode(record)
        except (lmdb.Error, OSError, msgspec.MsgspecError) as error:
            raise Unavailable(f"{self._path}: {error}") from error

    def suppression(self, client: str, recipient: str) -> Suppression | None:
        """See `Suppressions.suppression`."""
        try:
            with self._environment.read() as store:
                record = self._get(store, key_of(SUPPRESSED, suppression_key(client, recipient)))
            return None if record is None else _SUPPRESSION.decode(record)
        except (lmdb.Error, OSError, msgspec.MsgspecError) as error:
            raise Unavailable(f"{self._path}: {error}") from error

    def has_client(self, name: str) -> bool:
        """Whether a domain is that client's; looks at every domain, for commands only. Raises `Unavailable`."""
        with failures(self._path), self._environment.read() as store:
            return any(policy.client == name for policy in _policies(store))

    def log_days(self) -> dict[str, int]:
        """The clients whose messages the log keeps for less than a year: client -> days. Raises `Unavailable`.

        It looks at every domain: for what is done once an hour. A node without policy knows of none.
        """
        if not self._environment.exists:
            return {}
        found: dict[str, int] = {}
        with failures(self._path), self._environment.read() as store:
            for policy in _policies(store):
                if policy.log_days < MOST_LOG_DAYS:
                    found[policy.client] = policy.log_days
        return found

    def list_hits(self, policy: Policy, recipient: Address, sender: Address | None, ip: str) -> tuple[ListHit, ...]:
        """See `Policies.list_hits`: the recipient's own before the client's, and the narrowest first."""
        key = recipient.key
        try:
            with self._environment.read() as store:
                users = tuple(self._hits(store, "user", key, key, sender, ip))
                return users + tuple(self._hits(store, "client", policy.client, "", sender, ip))
        except (lmdb.Error, OSError, msgspec.MsgspecError) as error:
            raise Unavailable(f"{self._path}: {error}") from error

    def reader_check(self) -> int:
        """Free the slots of killed readers, each minute in one process; how many there were. Raises `Unavailable`."""
        with failures(self._path):
            return self._environment.reader_check()

    @staticmethod
    def _get(store: lmdb.Transaction, key: bytes) -> bytes | None:
        return cast("bytes | None", store.get(key))

    def _decode(self, name: str, record: bytes) -> Policy:
        """Compared by content, so a new version is seen at once and the others need not be decoded again."""
        kept = self._decoded.get(name)
        if kept is not None and kept[0] == record:
            return kept[1]
        policy = _POLICY.decode(record)
        if len(self._decoded) >= MAX_POLICIES_KEPT:
            self._decoded.clear()
        self._decoded[name] = (record, policy)
        return policy

    def _hits(
        self, store: lmdb.Transaction, scope: str, owner: str, recipient: str, sender: Address | None, ip: str
    ) -> Iterator[ListHit]:
        prefixes = self._get(store, key_of(OWNER, scope, owner))
        if prefixes is None:
            return
        for pattern in (*_sender_patterns(sender), *ip_patterns(ip, _PREFIXES.decode(prefixes))):
            record = self._get(store, key_of(ENTRY, scope, owner, pattern))
            if record is not None:
                for kind, entry in _KINDS.decode(record).items():
                    yield ListHit(scope, kind, entry, recipient)


def publish(path: Path, published: PublishedPolicy) -> int:
    """Make this the node's policy in one transaction, seen by readers at once; how many records it changed.

    For the agent alone. Needs memory for all records. Raises `NoRoom`, `Unavailable`; then the old policy stays.
    """
    records = dict(_records(published))
    with failures(path), Environment(path, creates=True).write() as store:
        return _replace(store, records)


def position(path: Path) -> int | None:
    """How far the node has followed the control plane; None when it has not, or passed over what we know. Raises `Unavailable`."""
    environment = Environment(path, creates=False)
    if not environment.exists:
        return None
    with failures(path), environment.read() as store:
        kept = cast("bytes | None", store.get(POSITION))
        if kept is None or store.get(TAKEN) != _taken(int(kept)):
            return None
        return int(kept)


def apply(path: Path, batch: Batch) -> None:
    """Bring the node's policy up to the batch's position, in one transaction. Raises `NoRoom`, `Unavailable`."""
    with failures(path), Environment(path, creates=True).write() as store:
        for publication in batch.publications:
            _apply(store, publication)
        _put_position(store, batch.position)


def replace_all(path: Path, position: int, publications: Iterable[Publication]) -> None:
    """Make these the node's policy, whatever it had before. Raises `NoRoom`, `Unavailable`; then the old one stays."""
    with failures(path), Environment(path, creates=True).write() as store:
        for key in [key for key, _ in cast("Iterator[tuple[bytes, bytes]]", store.cursor())]:
            store.delete(key)
        for publication in publications:
            _apply(store, publication)
        store.put(PUBLISHED, FORMAT)
        _put_position(store, position)


def _policies(store: lmdb.Transaction) -> Iterator[Policy]:
    """Of every domain."""
    cursor = store.cursor()
    cursor.set_range(DOMAIN + b"\0")
    for key, record in cast("Iterator[tuple[bytes, bytes]]", cursor):
        if not key.startswith(DOMAIN + b"\0"):
            return
        yield _POLICY.decode(record)


def _put_position(store: lmdb.Transaction, position: int) -> None:
    store.put(POSITION, str(position).encode())
    store.put(TAKEN, _taken(position))


def _taken(position: int) -> bytes:
    return f"{position} {_OUR_KINDS}".encode()


def _apply(store: lmdb.Transaction, publication: Publication) -> None:
    if publication.kind is Kind.LIST:
        _apply_list(store, publication)
        return
    if publication.kind is Kind.CONNECTOR:
        client, name = publication.key.rsplit("/", 1)
        apply_connector(store, client, name, publication.body)
        return
    table = _TABLES[publication.kind]
    parts = publication.key.rsplit("/", 1) if publication.kind is Kind.PERSON else (publication.key,)
    key = key_of(table, *parts)
    if publication.body is None:
        store.delete(key)
    else:
        store.put(key, b"" if table == ADDRESS else publication.body)


def _apply_list(store: lmdb.Transaction, publication: Publication) -> None:
    """An owner's list is replaced as a whole: his entries lie together, but for those with very long keys."""
    scope, owner = publication.key.split("/", 1)
    entries = () if publication.body is None else _ENTRIES.decode(publication.body)
    records = dict((*_owner_records(entries), *_entry_records(entries)))
    kept = cast("bytes | None", store.get(key_of(KEYS, scope, owner)))
    for key in _BYTES.decode(kept) if kept else ():
        if key not in records:
            store.delete(key)
    for key, value in records.items():
        store.put(key, value)
    if records:
        store.put(key_of(KEYS, scope, owner), _ENCODER.encode(tuple(records)))
    else:
        store.delete(key_of(KEYS, scope, owner))


def _replace(store: lmdb.Transaction, records: dict[bytes, bytes]) -> int:
    """Write only what differs: a page that is not touched is not synced."""
    gone = []
    for key, value in cast("Iterator[tuple[bytes, bytes]]", store.cursor()):
        wanted = records.get(key)
        if wanted is None:
            gone.append(key)
        elif wanted == value:
            del records[key]
    for key in gone:
        store.delete(key)
    for key in sorted(records):
        store.put(key, records[key])
    return len(gone) + len(records)


def _records(published: PublishedPolicy) -> Iterator[tuple[bytes, bytes]]:
    yield PUBLISHED, FORMAT
    for policy in published.policies:
        yield key_of(DOMAIN, policy.domain), _ENCODER.encode(policy)
    for address in published.addresses:
        yield key_of(ADDRESS, address.key), b""
    for person in published.people:
        yield key_of(PERSON, person.client, person.key), _ENCODER.encode(person)
    for keys in published.signing:
        yield key_of(SIGNING, keys.domain), _ENCODER.encode(keys)
    yield from _owner_records(published.entries)
    yield from _entry_records(published.entries)
    yield from connector_records(published.connectors)


def _owner_records(entries: Iterable[ListEntry]) -> Iterator[tuple[bytes, bytes]]:
    networks: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in entries:
        networks[entry.scope, entry.owner] += [entry.pattern] * _is_network(entry.pattern)
    for (scope, owner), found in networks.items():
        yield key_of(OWNER, scope, owner), _ENCODER.encode(prefixes_of(found))


def _entry_records(entries: Iterable[ListEntry]) -> Iterator[tuple[bytes, bytes]]:
    kinds: dict[bytes, dict[str, str]] = defaultdict(dict)
    for entry in entries:
        pattern = network_pattern(entry.pattern) if _is_network(entry.pattern) else entry.pattern
        kinds[key_of(ENTRY, entry.scope, entry.owner, pattern)].setdefault(entry.kind, entry.entry)
    for key, by_kind in kinds.items():
        yield key, _ENCODER.encode(by_kind)


def _sender_patterns(sender: Address | None) -> Iterator[str]:
    """The address, its domain, "*.parent" for each parent domain."""
    if sender is None:
        return
    yield sender.key
    domain = sender.domain.casefold()
    if not domain or domain.startswith("["):
        return
    yield domain
    for _ in range(MAX_LABELS):
        domain = domain.partition(".")[2]
        if not domain:
            return
        yield f"*.{domain}"


def _is_network(pattern: str) -> bool:
    return "/" in pattern and "@" not in pattern

"""The policy file of a node without a control plane: policy.toml becomes what is published."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ecluse.domain.address import Address
from ecluse.domain.connector import Connector
from ecluse.domain.person import Person, name_key
from ecluse.domain.policy import Policy, Route, ServiceState
from ecluse.domain.published import ListEntry, PublishedPolicy
from ecluse.domain.signing import DomainKeys
from ecluse.entrypoints.address_file import read_addresses
from ecluse.entrypoints.policy_tables import ClientTable, ConnectorTable, DomainTable, PolicyFile, RouteTable, UserTable
from ecluse.entrypoints.signing_files import domain_keys, key_files
from ecluse.entrypoints.toml_file import TomlFile, read_toml
from ecluse.entrypoints.toml_lines import KeyPath
from ecluse.filtering.meanings import MEANINGS
from ecluse.opening.types import unknown_types
from ecluse.wire.connector_terms import BadConnector, connector_of
from ecluse.wire.notations import DomainName, NextHop, list_pattern, local_part, named_address
from ecluse.wire.wishes import read_text, terms

Read = TypeVar("Read")

MAX_ADDRESSES_OF_A_NAME = 20
_OWN_ADDRESSES = ("report_addresses", "spam_reports_to", "ham_reports_to")  # Of the client's own domains.
MAX_FILE_BYTES = 67_108_864
MAX_KEY_BYTES = 1_024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def load_policy(path: Path, node_key: bytes = b"") -> PublishedPolicy:
    """All that the file says; its signing keys are for a node that has a key to seal them under. Raises `BadConfig` for the first thing in it that cannot be meant."""
    file = read_toml(path, max_bytes=MAX_FILE_BYTES)
    return _Reading(file, node_key).published(file.convert(PolicyFile, read_text))


class _Reading:
    """One pass over the file, in its order; it remembers which names are taken, and by what."""

    def __init__(self, file: TomlFile, node_key: bytes) -> None:
        self._file, self._node_key = file, node_key
        self._client_names: set[str] = set()
        self._domain_owners: dict[str, str] = {}
        self._policies: list[Policy] = []
        self._addresses: dict[str, Address] = {}
        self._entries: list[ListEntry] = []
        self._people: dict[tuple[str, str], Person] = {}
        self._signing: list[DomainKeys] = []
        self._files: dict[Path, None] = {}
        self._connectors: dict[tuple[str, str], Connector] = {}
        self._logins: set[str] = set()

    def published(self, content: PolicyFile) -> PublishedPolicy:
        for index, client in enumerate(content.clients):
            self._client(("clients", index), client)
        return PublishedPolicy(
            tuple(self._policies),
            tuple(self._addresses.values()),
            tuple(self._entries),
            self._known_people(),
            tuple(self._signing),
            tuple(map(str, self._files)),
            tuple(self._connectors.values()),
        )

    def _client(self, key: KeyPath, client: ClientTable) -> None:
        self._client_name(key, client.name)
        if client.state is not ServiceState.ACTIVE and client.state_since is None:
            raise self._file.bad((*key, "state_since"), f"expected a date and time: required when {client.state}")
        terms = self._terms(key, client)
        self._lists(key, "client", client.name, client.allow, client.block)
        for index, text in enumerate(client.executives):
            address, name = self._read((*key, "executives", index), named_address, text)
            self._meet(client.name, name, address, is_executive=True)
        for index, domain in enumerate(client.domains):
            self._domain((*key, "domains", index), client, domain, terms)
        self._keys(key, client)
        for index, connector in enumerate(client.connectors):
            self._connector((*key, "connectors", index), client, connector)
        for name in _OWN_ADDRESSES:
            self._demand_own_addresses(key, client, name, terms[name])
        for address in terms["spam_reports_to"] & terms["ham_reports_to"]:
            raise self._file.bad((*key, "ham_reports_to"), f"expected another address, {address} hears of spam")

    def _keys(self, key: KeyPath, client: ClientTable) -> None:
        self._files |= dict.fromkeys(key_files(self._file, client))
        if self._node_key:
            self._signing += domain_keys(self._file, key, client, self._node_key)

    def _client_name(self, key: KeyPath, name: str) -> None:
        if _CONTROL.search(name) or name != name.strip():
            raise self._file.bad(
                (*key, "name"), f"expected a name without control characters around or in it: {name!r}"
            )
        if name in self._client_names:
            raise self._file.bad((*key, "name"), f"expected a name of its own, {name!r} is another client's")
        self._client_names.add(name)

    def _terms(self, key: KeyPath, client: ClientTable) -> Mapping[str, Any]:
        """What all domains of a client have in common."""
        for code in client.weights:
            if code not in MEANINGS:
                raise self._file.bad(
                    (*key, "weights", code), "expected a finding code, as `ecluse pipeline` names them"
                )
        for index, rule in enumerate(client.outbound_rules):
            for word in unknown_types(rule.types):
                raise self._file.bad(
                    (*key, "outbound_rules", index, "types"), f"expected types of files, found {word!r}"
                )
        return {
            "client": client.name,
            "receives_inbound": client.inbound,
            "sends_outbound": client.outbound,
            "state": client.state,
            "state_since": client.state_since.timestamp() if client.state_since else 0.0,
            **terms(client),
        } | {name: frozenset(self._own_addresses(key, client, name)) for name in _OWN_ADDRESSES}

    def _own_addresses(self, key: KeyPath, client: ClientTable, name: str) -> Iterator[str]:
        own = {str(domain.name) for domain in client.domains}
        for index, text in enumerate(getattr(client, name)):
            place = (*key, name, index)
            domain = str(self._read(place, DomainName, text.rpartition("@")[2]))
            if domain not in own:
                raise self._file.bad(place, f"expected an address of one of the client's domains, found {text[:80]!r}")
            yield Address(self._read(place, local_part, text, domain), domain).key

    def _demand_own_addresses(self, key: KeyPath, client: ClientTable, name: str, wanted: frozenset[str]) -> None:
        """Where the domain lists its addresses, one that takes reports is among them: else its mail would be refused."""
        for domain in client.domains:
            own = sorted(one for one in wanted if one.endswith(f"@{domain.name}"))
            missing = [one for one in own if one not in self._addresses]
            if missing and isinstance(domain.addresses, tuple | None):
                raise self._file.bad((*key, name), f"expected addresses that exist, {missing[0]} does not")

    def _domain(self, key: KeyPath, client: ClientTable, domain: DomainTable, terms: Mapping[str, Any]) -> None:
        name = str(domain.name)
        if name in self._domain_owners:
            owner = self._domain_owners[name]
            raise self._file.bad((*key, "name"), f"expected a domain of its own, {name} belongs to {owner!r} already")
        self._domain_owners[name] = client.name
        routes = self._routes(key, domain.routes)
        accepts_any, verifies = domain.addresses == "any", domain.addresses == "verify"
        self._all_addresses(key, domain, client.name)
        users = self._users(key, domain)
        self._policies.append(
            Policy(
                domain=name,
                routes=routes,
                accepts_any_address=accepts_any,
                verifies_addresses=verifies,
                greylists_not=frozenset(name for name, user in users.items() if not user.greylist),
                mass_mail_of={name: user.mass_mail for name, user in users.items() if user.mass_mail},
                **terms,
            )
        )

    def _all_addresses(self, key: KeyPath, domain: DomainTable, client: str) -> None:
        if domain.addresses is None and domain.addresses_file is None:
            raise self._file.bad((*key, "addresses"), "expected a value: this key is required without addresses_file")
        if domain.addresses == "any" and domain.addresses_file is not None:
            raise self._file.bad((*key, "addresses_file"), 'expected no file: addresses = "any" takes every one')
        for index, text in enumerate(domain.addresses if isinstance(domain.addresses, tuple) else ()):
            self._address((*key, "addresses", index), text, str(domain.name))
        if domain.addresses_file is not None:
            # In the list and in the file too: harmless, since the file is somebody else's export.
            path = self._file.path.parent / domain.addresses_file
            self._files[path] = None
            listed = read_addresses(path, str(domain.name))
            for address, name in listed.items():
                self._addresses.setdefault(address.key, address)
                self._meet(client, name, address)

    def _meet(self, client: str, name: str, address: Address, *, is_executive: bool = False) -> None:
        key = name_key(name)
        if key:
            known = self._people.get((client, key), Person(client, key, frozenset()))
            is_full = len(known.addresses) > MAX_ADDRESSES_OF_A_NAME
            addresses = known.addresses if is_full else known.addresses | {address.key}
            self._people[client, key] = Person(client, key, addresses, known.is_executive or is_executive)

    def _known_people(self) -> tuple[Person, ...]:
        """A name that very many bear is no person's: a template's, or a machine's."""
        return tuple(
            person
            for person in self._people.values()
            if person.is_executive or len(person.addresses) <= MAX_ADDRESSES_OF_A_NAME
        )

    def _connector(self, key: KeyPath, client: ClientTable, table: ConnectorTable) -> None:
        if table.key_file is not None:
            table = self._with_key(key, table, self._file.path.parent / table.key_file)
        try:
            connector = connector_of(client.name, {str(domain.name) for domain in client.domains}, table)
        except BadConnector as bad:
            raise self._file.bad((*key, bad.key), bad.expected) from bad
        if (client.name, connector.name) in self._connectors:
            raise self._file.bad((*key, "name"), f"expected a name of its own, {connector.name!r} stands there already")
        if connector.login in self._logins:
            raise self._file.bad(
                (*key, "login"), f"expected a login of its own, {connector.login} stands there already"
            )
        self._connectors[client.name, connector.name] = connector
        self._logins |= {connector.login} - {""}

    def _with_key(self, key: KeyPath, table: ConnectorTable, path: Path) -> ConnectorTable:
        if table.key is not None:
            raise self._file.bad((*key, "key"), "expected no key beside key_file")
        self._files[path] = None
        try:
            with path.open("rb") as file:
                text = file.read(MAX_KEY_BYTES).decode("ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise self._file.bad((*key, "key_file"), f"expected a file that can be read: {path}: {error}") from error
        return msgspec.structs.replace(table, key=text, key_file=None)

    def _users(self, key: KeyPath, domain: DomainTable) -> dict[str, UserTable]:
        """What users want, by `Address.key`; their lists are read on the way."""
        name, wishes = str(domain.name), {}
        for index, user in enumerate(domain.users):
            place = (*key, "users", index)
            address = Address(self._read((*place, "address"), local_part, user.address, name), name)
            if isinstance(domain.addresses, tuple | None) and address.key not in self._addresses:
                raise self._file.bad((*place, "address"), f"expected one of the addresses of {name}")
            self._lists(place, "user", address.key, user.allow, user.block)
            wishes[address.key] = user
        return wishes

    def _address(self, key: KeyPath, text: str, domain: str) -> None:
        address = Address(self._read(key, local_part, text, domain), domain)
        if address.key in self._addresses:
            raise self._file.bad(key, f"expected each address once, {address.key} stands there already")
        self._addresses[address.key] = address

    def _routes(self, key: KeyPath, written: Iterable[str | RouteTable]) -> tuple[Route, ...]:
        routes = [self._route((*key, "routes", index), route) for index, route in enumerate(written)]
        return tuple(sorted(routes, key=lambda route: route.priority))

    def _route(self, key: KeyPath, written: str | RouteTable) -> Route:
        if isinstance(written, RouteTable):
            return written.url.route(written.priority, written.tls)
        return self._read(key, NextHop, written).route()

    def _lists(self, key: KeyPath, scope: str, owner: str, allow: Iterable[str], block: Iterable[str]) -> None:
        allowed = {entry.pattern for _, entry in self._list((*key, "allow"), scope, owner, "allow", allow)}
        for place, entry in self._list((*key, "block"), scope, owner, "block", block):
            if entry.pattern in allowed:
                raise self._file.bad(place, f"expected it in one list, {entry.entry!r} is allowed and blocked")

    def _list(
        self, key: KeyPath, scope: str, owner: str, kind: str, texts: Iterable[str]
    ) -> Iterator[tuple[KeyPath, ListEntry]]:
        for index, text in enumerate(texts):
            entry = ListEntry(scope, owner, kind, text, self._read((*key, index), list_pattern, text))
            self._entries.append(entry)
            yield (*key, index), entry

    def _read(self, key: KeyPath, notation: Callable[..., Read], *texts: str) -> Read:
        try:
            return notation(*texts)
        except ValueError as error:
            raise self._file.bad(key, str(error)) from error

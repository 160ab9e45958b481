"""The private keys that a policy file names: read, tried, and sealed for the node."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from ecluse.domain.errors import BadConfig, Impossible
from ecluse.domain.signing import DomainKeys, SealedKey
from ecluse.entrypoints.policy_tables import ClientTable, SigningTable
from ecluse.entrypoints.toml_file import TomlFile
from ecluse.entrypoints.toml_lines import KeyPath
from ecluse.wire.dkim.sealed_key import seal_key
from ecluse.wire.dkim.sign import SigningKey, load_key

MAX_KEY_BYTES = 16_384
MAX_KEYS = 4  # Of one domain: more signatures than that are looked at by nobody.
_OPEN_TO_OTHERS = 0o077


def domain_keys(file: TomlFile, key: KeyPath, client: ClientTable, node_key: bytes) -> tuple[DomainKeys, ...]:
    """The client's keys by domain, RSA first. Raises `BadConfig` for the first that cannot sign."""
    found: dict[str, list[tuple[str, SealedKey]]] = defaultdict(list)
    own = {str(domain.name) for domain in client.domains}
    for index, table in enumerate(client.signing):
        place, domain = (*key, "signing", index), str(table.domain)
        if domain not in own:
            raise file.bad((*place, "domain"), f"expected one of the client's domains, found {domain}")
        pem = _pem(file, place, table)
        loaded = _loaded(file, place, table, pem)
        if any(each.selector == loaded.selector for _, each in found[domain]) or len(found[domain]) == MAX_KEYS:
            raise file.bad(
                (*place, "selector"), f"expected each selector once, and {MAX_KEYS} keys of a domain at most"
            )
        found[domain].append((loaded.algorithm, seal_key(node_key, domain, loaded.selector, pem)))
    return tuple(
        DomainKeys(client.name, domain, tuple(sealed for _, sealed in sorted(keys, key=_rsa_first)))
        for domain, keys in found.items()
    )


def key_files(file: TomlFile, client: ClientTable) -> tuple[Path, ...]:
    """Where they stand: relative to the policy file's folder."""
    return tuple(file.path.parent / table.file for table in client.signing)


def _rsa_first(each: tuple[str, SealedKey]) -> bool:
    return each[0] != "rsa-sha256"


def _pem(file: TomlFile, place: KeyPath, table: SigningTable) -> bytes:
    path = file.path.parent / table.file
    try:
        with path.open("rb") as opened:
            if path.stat().st_mode & _OPEN_TO_OTHERS:
                raise file.bad((*place, "file"), f"expected a file that nobody else may read: chmod 600 {path}")
            return opened.read(MAX_KEY_BYTES)
    except OSError as problem:
        raise BadConfig(str(path), 0, "", f"expected a key that can be read: {problem.strerror}") from problem


def _loaded(file: TomlFile, place: KeyPath, table: SigningTable, pem: bytes) -> SigningKey:
    try:
        return load_key(str(table.domain), table.selector, pem)
    except Impossible as problem:
        raise file.bad(place, str(problem)) from None

"""What must hold beyond types before any port is opened: between settings, and on this machine."""

from __future__ import annotations

import grp
import os
import pwd
import ssl
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from ecluse.entrypoints.body_store import has_program
from ecluse.entrypoints.dnsbl_catalogue import as_dns_list, catalogue, chosen_tables
from ecluse.entrypoints.dnsbl_tables import ListTable
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.toml_lines import KeyPath
from ecluse.wire.notations import Endpoint

Complaint = tuple[KeyPath, str]


def endpoints(settings: Settings) -> Iterator[Complaint]:
    """Something listens, and no two on one port."""
    if not (settings.inbound.listen or settings.outbound.listen or settings.outbound.listen_tls):
        yield ("inbound", "listen"), "expected at least one address here or in outbound.listen"
    taken: dict[tuple[str, int], str] = {}
    for key, endpoint in _listeners(settings):
        place = (endpoint.host, endpoint.port)
        # Port 0 lets the system choose a free one.
        if endpoint.port and place in taken:
            yield key, f"expected an address of its own, {endpoint} is taken by {taken[place]}"
        taken.setdefault(place, ".".join(map(str, key[:2])))


def outbound(settings: Settings) -> Iterator[Complaint]:
    """An outbound listener serves nobody whom it cannot know."""
    if settings.outbound.listen_tls and settings.tls.certificate is None:
        yield ("outbound", "listen_tls"), "expected tls.certificate beside it"
    for index, network in enumerate(settings.outbound.trusted_networks):
        if ip_network(network).prefixlen == 0:
            yield ("outbound", "trusted_networks", index), f"expected a smaller network: {network} is an open relay"


def sources(settings: Settings) -> Iterator[Complaint]:
    """There are addresses for good mail, and each has one name."""
    chosen = settings.outbound.sources
    if chosen.tables and not chosen.good:
        yield ("outbound", "sources", "good"), "expected an address here: other mail has one"
    names: dict[str, str] = {}
    for table in chosen.tables:
        if names.setdefault(table.address, table.hostname) != table.hostname:
            yield ("outbound", "sources"), f"expected one hostname for {table.address}"


def certificate(settings: Settings) -> Iterator[Complaint]:
    """Certificate and key can be read and belong together."""
    files = {"certificate": settings.tls.certificate, "key": settings.tls.key}
    if not any(files.values()):
        return
    for name, path in files.items():
        if path is None:
            yield ("tls", name), "expected a PEM file: certificate and key are only of use together"
        elif problem := _unreadable(path):
            yield ("tls", name), f"expected a PEM file that can be read: {path}: {problem}"
    if settings.tls.certificate and settings.tls.key:
        yield from _load_certificate(settings.tls.certificate, settings.tls.key)


def data_folder(settings: Settings) -> Iterator[Complaint]:
    """The data folder can be written to, or made."""
    folder = settings.data_dir
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        yield ("data_dir",), f"expected a folder: {folder} is none"
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield ("data_dir",), f"expected a folder that we may write to: {folder}"


def policy_file(settings: Settings) -> Iterator[Complaint]:
    """The policy file can be read; what it says is looked at when it is loaded."""
    path = settings.policy.file
    if path is not None and (problem := _unreadable(path)):
        yield ("policy", "file"), f"expected a file that can be read: {path}: {problem}"


def policy_source(settings: Settings) -> Iterator[Complaint]:
    """One source of policy: two would undo each other's changes."""
    if settings.policy.file is not None and settings.control.database is not None:
        yield ("control", "database"), "expected nothing here while policy.file is given, or no policy.file"
    if settings.control.database is not None and urlsplit(settings.control.database).password:
        # Settings are shown in the log at start, and read by more people than passwords are.
        yield ("control", "database"), "expected no password here: it belongs into ~/.pgpass of the node's user"
    if settings.control.release_url and settings.control.database is None:
        yield ("control", "release_url"), "expected control.database beside it: who else would release?"


def counter_server(settings: Settings) -> Iterator[Complaint]:
    """The counter server's password is in its file, and nowhere else."""
    counters = settings.counters
    if counters.password_file is not None and (problem := _unreadable(counters.password_file)):
        yield ("counters", "password_file"), f"expected a file that can be read: {counters.password_file}: {problem}"
    if counters.server is not None and not _is_url(counters.server):
        yield ("counters", "server"), "expected valkey://host:port/0"
    elif counters.server is not None and (urlsplit(counters.server).password or "password=" in counters.server):
        yield ("counters", "server"), "expected no password here: it belongs into counters.password_file"


def body_store(settings: Settings) -> Iterator[Complaint]:
    """The store of held bodies has its key, we can speak with it, and what would go there is sealed."""
    bodies = settings.bodies
    if bodies.url is None:
        return
    if settings.control.database is None:
        yield (
            ("bodies", "url"),
            "expected control.database beside it: only what is sealed to its client leaves the node",
        )
    if not has_program():
        yield ("bodies", "url"), "expected obstore to be installed: pip install 'ecluse[bodies]'"
    if not bodies.key_id:
        yield ("bodies", "key_id"), "expected the id of an access key beside bodies.url"
    if bodies.secret_file is None:
        yield ("bodies", "secret_file"), "expected a file with the access key's secret beside bodies.url"
    elif problem := _unreadable(bodies.secret_file):
        yield ("bodies", "secret_file"), f"expected a file that can be read: {bodies.secret_file}: {problem}"
    if not _is_url(bodies.url):
        yield ("bodies", "url"), "expected https://host:port/bucket"


def _is_url(text: str) -> bool:
    try:
        return urlsplit(text).port != 0
    except ValueError:
        return False


def identity(settings: Settings) -> Iterator[Complaint]:
    """The user and group to run as exist, and we may become them."""
    for key, name, find in (("user", settings.user, pwd.getpwnam), ("group", settings.group, grp.getgrnam)):
        if name is None:
            continue
        if not _is_known(name, find):
            yield (key,), f"expected a {key} of this machine, found {name!r}"
        elif os.geteuid() != 0:
            yield (key,), f"expected no {key}: only root may change it, and we were not started as root"


def retry_times(settings: Settings) -> Iterator[Complaint]:
    """The schedule can be followed."""
    spool = settings.spool
    if spool.max_retry_s < spool.first_retry_s:
        yield ("spool", "max_retry_s"), f"expected at least spool.first_retry_s ({spool.first_retry_s:g})"


def dns_lists(settings: Settings) -> Iterator[Complaint]:
    """The DNS lists are known, each has its key where it needs one, and no name stands for two."""
    known = catalogue()
    for index, name in enumerate(settings.dnsbl.lists):
        if name not in known:
            yield ("dnsbl", "lists", index), f"expected a list of the catalogue, {', '.join(known)}; found {name!r}"
    names = [*settings.dnsbl.lists, *(table.name for table in settings.dnsbl.list)]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield ("dnsbl",), f"expected a name for one list, {name!r} stands for two"
    for table in chosen_tables(settings.dnsbl):
        yield from _bad_list(table, settings)


def support(settings: Settings) -> Iterator[Complaint]:
    """Working hours have a length."""
    if settings.support.opens >= settings.support.closes:
        yield ("support", "closes"), "expected a time of day that is later than support.opens"


CHECKS: tuple[Callable[[Settings], Iterator[Complaint]], ...] = (
    endpoints,
    outbound,
    sources,
    certificate,
    data_folder,
    policy_file,
    policy_source,
    counter_server,
    body_store,
    identity,
    retry_times,
    dns_lists,
    support,
)


def _bad_list(table: ListTable, settings: Settings) -> Iterator[Complaint]:
    key: KeyPath = ("dnsbl", "list") if table in settings.dnsbl.list else ("dnsbl", "lists")
    try:
        as_dns_list(table, settings.dnsbl)
    except OSError as error:
        yield ("dnsbl", "keys", table.name), f"expected a file that can be read: {error.strerror}"
    except ValueError as error:
        yield key, f"{table.name}: {error}"


def _listeners(settings: Settings) -> Iterator[tuple[KeyPath, Endpoint]]:
    for table, name, listen in (
        ("inbound", "listen", settings.inbound.listen),
        ("outbound", "listen", settings.outbound.listen),
        ("outbound", "listen_tls", settings.outbound.listen_tls),
    ):
        for index, endpoint in enumerate(listen):
            yield (table, name, index), endpoint
    if settings.metrics.listen:
        yield ("metrics", "listen"), settings.metrics.listen


def _load_certificate(certificate_file: Path, key_file: Path) -> Iterator[Complaint]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # An empty password, or OpenSSL would ask for one on the terminal.
        context.load_cert_chain(certificate_file, key_file, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            yield ("tls", "key"), f"expected the private key of {certificate_file}, found another in {key_file}"
        elif _is_certificate(certificate_file):
            yield ("tls", "key"), f"expected a PEM private key without a password: {key_file}"
        else:
            yield ("tls", "certificate"), f"expected a PEM certificate: {certificate_file}"


def _is_certificate(path: Path) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except ssl.SSLError:
        return False
    return True


def _unreadable(path: Path) -> str:
    """Why the file cannot be read; "" when it can."""
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _is_known(name: str, find: Callable[[str], object]) -> bool:
    try:
        find(name)
    except (KeyError, ValueError):
        return False
    return True

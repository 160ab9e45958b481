"""`ecluse web`: the console, served by gunicorn; here its ports meet their adapters."""

from __future__ import annotations

import threading
from functools import partial
from importlib.util import find_spec
from ipaddress import ip_network
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.db import connections
from gunicorn.app.base import BaseApplication

from ecluse.adapters.http.bounded_session import BoundedSession, is_permitted
from ecluse.adapters.imap.lesson_folders import ImapFolders
from ecluse.adapters.ldap.directories import LdapDirectories
from ecluse.entrypoints.django_start import demand_migrated, migrate, start_django
from ecluse.entrypoints.file_scan import file_scan
from ecluse.entrypoints.fresh_names import FreshNames
from ecluse.entrypoints.log_store import open_log
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.entrypoints.stranger_question import StrangersQuestion
from ecluse.entrypoints.web_files import collect
from ecluse.entrypoints.web_settings import database_url
from ecluse.web.backends import Backends, hand_over
from ecluse.web.catalogs import compile_into

_STOP_WITHIN_S = 20
_MAX_LINE = 8_190  # Octets of a request's first line.


def run(settings: Settings, *, migrates: bool) -> None:
    """Serve until SIGTERM. Raises `Impossible` where the database is not up to date."""
    prepare(settings, migrates=migrates)
    _Console(settings).run()


def prepare(settings: Settings, *, migrates: bool) -> None:
    """Everything that is done once, before processes are forked."""
    compile_into(DataPaths(settings.data_dir).web_files / "locale")
    start_django(settings)
    if migrates:
        migrate(settings)
    demand_migrated()
    collect()
    # The processes that are forked must not share a connection.
    connections.close_all()


def backends(settings: Settings) -> Backends:
    """What the pages need from outside."""
    networks, names = tuple(map(ip_network, settings.web.identity_networks)), FreshNames(settings)
    seen_as = tuple(map(str, settings.web.seen_as))
    return Backends(
        look_up=names.look_up,
        exchanges=tuple(map(str, settings.web.exchanges)) or (str(settings.hostname),),
        open_log=partial(getattr, _Logs(settings), "log"),
        identity_session=partial(BoundedSession, networks, settings.web.identity_authorities),
        ask_as_stranger=StrangersQuestion(str(settings.hostname), names.find_addresses, seen_as).ask,
        read_directory=directories(settings).read,
        read_folders=lesson_folders(settings).read,
        draw_pdf=_draw_pdf if find_spec("weasyprint") else None,
        scan=file_scan(settings),
    )


def _draw_pdf(page: str) -> bytes:
    from ecluse.adapters.invoices.pdf_a import pdf_a  # noqa: PLC0415 - takes a second, and stands in the extra `invoices`.

    return pdf_a(page)


def directories(settings: Settings) -> LdapDirectories:
    """Those that clients name: in the Internet, or where the operator says."""
    networks, names = tuple(map(ip_network, settings.web.directory_networks)), FreshNames(settings)
    return LdapDirectories(names.addresses, partial(is_permitted, networks=networks))


def lesson_folders(settings: Settings) -> ImapFolders:
    """Those of clients' mailboxes: likewise."""
    networks, names = tuple(map(ip_network, settings.web.mailbox_networks)), FreshNames(settings)
    return ImapFolders(names.addresses, partial(is_permitted, networks=networks))


class _Logs(threading.local):
    """A connection of a thread's own."""

    def __init__(self, settings: Settings) -> None:
        """Called again in each thread that comes."""
        self.log = open_log(database_url(settings), settings.data_dir)


class _Console(BaseApplication):  # type: ignore[misc]  # ships no annotations
    """Gunicorn without a configuration file and without options on the command line: ours are complete."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        web = self._settings.web
        options = {
            "bind": str(web.listen),
            "workers": web.processes,
            "threads": web.threads,
            "worker_class": "gthread",
            "proc_name": "ecluse-web",
            "accesslog": None,  # Addresses of one-time links stand in it (4-4).
            "loglevel": self._settings.log_level,
            "graceful_timeout": _STOP_WITHIN_S,
            "limit_request_line": _MAX_LINE,
            # Who may name the visitor is told to `ecluse.web.proxies`.
            "forwarded_allow_ips": "",
            "control_socket_disable": True,
        }
        for key, value in options.items():
            self.cfg.set(key, value)

    def load(self) -> Any:
        """In each process, after the fork."""
        hand_over(backends(self._settings))
        return get_wsgi_application()

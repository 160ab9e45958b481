"""The cast of every web test: two clients, and who looks at them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client as Browser

from ecluse.adapters.http.bounded_session import BoundedSession
from ecluse.adapters.message_log.sqlite import SqliteMessageLog
from ecluse.control.accounts.models import User
from ecluse.control.accounts.roles import Role
from ecluse.control.keystore.master import make_master_key
from ecluse.domain.dns import Answer, DnsStatus
from ecluse.domain.lesson_folder import FolderNews, FolderPlace
from ecluse.domain.stranger import Ending, Heard
from ecluse.web import backends
from ecluse.web.api import callers
from tests.contract.message_log.contract import outcome, recipient
from tests.web.house import furnished, person


@dataclass
class Dns:
    """A name system for tests: what stands in `records`, else NXDOMAIN."""

    records: dict[tuple[str, str], Answer]
    old_server: OldServer | None = None
    entries: tuple | Exception = ({"mail": ("walked@one.example",)},)  # Of the directory.
    folders: tuple | Exception = (FolderNews(FolderPlace(7, 9), 12, (), 0), FolderNews(FolderPlace(7, 0), 0, (), 0))

    def read_directory(self, _question):
        if isinstance(self.entries, Exception):
            raise self.entries
        return self.entries

    def read_folders(self, _question):
        if isinstance(self.folders, Exception):
            raise self.folders
        return self.folders

    def look_up(self, name, kind):
        return self.records.get((name, kind), Answer(DnsStatus.NXDOMAIN))


@dataclass
class OldServer:
    """Answers whoever asks it as a stranger."""

    heard: Heard = field(default_factory=lambda: Heard(Ending.NOBODY_LISTENS))
    asked: tuple | None = None

    def ask(self, *asked):
        self.asked = asked
        return self.heard


@pytest.fixture(autouse=True)
def _nobody_came_before():
    """What limits count begins anew: keys and people of another test bear the same numbers."""
    cache.clear()


@pytest.fixture
def tireless(monkeypatch):
    """Programs may call as often as a walk over all operations takes. That they may not otherwise, test_api.py sees."""
    for name in ("CALLS", "UNKNOWN_KEYS"):
        monkeypatch.setattr(callers, name, replace(getattr(callers, name), most=10**9))


@pytest.fixture
def message_log(tmp_path):
    log = SqliteMessageLog(tmp_path / "log")
    yield log
    log.close()


@pytest.fixture
def dns(message_log):
    found = Dns({})
    server = OldServer()
    found.old_server = server
    backends.hand_over(
        backends.Backends(
            found.look_up,
            ("mx.provider.example",),
            lambda: message_log,
            BoundedSession,
            server.ask,
            found.read_directory,
            found.read_folders,
        )
    )
    return found


@dataclass(frozen=True)
class Cast:
    """Ann runs One, Carl reads there, Hal is its help desk; Sam is a stranger who owns Two; Olga operates."""

    one: object
    two: object
    people: dict[Role | str, User]

    def browser(self, who) -> Browser:
        return signed_in(self.people[who])


def signed_in(user) -> Browser:
    browser = Browser(headers={"accept-language": "en"})
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


@pytest.fixture(autouse=True)
def master_key(tmp_path_factory, settings):
    """Secrets of webhooks lie under it."""
    path = tmp_path_factory.getbasetemp() / "web-master.key"
    if not path.exists():
        make_master_key(path)
    settings.ECLUSE_MASTER_KEY = str(path)


@pytest.fixture(scope="module")
def furnished_house(django_db_setup, django_db_blocker):
    """Made once for the tests of a file, and taken back at its end: each test's own changes are taken back before."""
    with django_db_blocker.unblock():
        whole = transaction.atomic()
        whole.__enter__()
        house = make_cast()
    yield house
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        whole.__exit__(None, None, None)


@pytest.fixture
def cast(furnished_house, db, dns, message_log):
    """With an hour old message for each of the two."""
    at = time.time() - 3_600
    message_log.append([outcome(at, recipient(f"paul@{name.lower()}.example"), client=name) for name in ("One", "Two")])
    return furnished_house


def make_cast():
    one, two = furnished("One", "one.example"), furnished("Two", "two.example")
    people = {
        Role.OWNER: person("olive@one.example", one, Role.OWNER),
        Role.ADMINISTRATOR: person("ann@one.example", one, Role.ADMINISTRATOR),
        Role.HELP_DESK: person("hal@one.example", one, Role.HELP_DESK),
        Role.USER: person("ursula@one.example", one, Role.USER),
        Role.RESELLER: person("rex@reseller.example", one, Role.RESELLER, second_factor=True),
        "stranger": person("sam@two.example", two, Role.OWNER),
        "nobody": person("nina@nowhere.example", None, None),
        Role.PROVIDER_OWNER: person("pia@provider.example", None, Role.PROVIDER_OWNER, second_factor=True),
        Role.OPERATOR: person("op@provider.example", None, Role.OPERATOR, second_factor=True),
        Role.SUPPORT: person("sue@provider.example", None, Role.SUPPORT, second_factor=True),
        Role.BILLING: person("bill@provider.example", None, Role.BILLING, second_factor=True),
        Role.READER: person("ray@provider.example", None, Role.READER, second_factor=True),
    }
    return Cast(one, two, people)

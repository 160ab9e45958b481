"""What the data-protection policy and the processor contract are made of (15-11, 15-13, GDPR art. 28).

The provider states what only people know; all else is read from the installation as it is now: its declarations, settings,
people, nodes, clocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

import msgspec
from allauth.mfa.models import Authenticator
from django.conf import settings

from ecluse.control.accounts.models import BreakGlass, Membership
from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.audit.queries import head
from ecluse.control.operation.nodes import nodes
from ecluse.control.privacy.clocks import standings
from ecluse.control.privacy.declared import STORES
from ecluse.control.privacy.models import ProtectionVersion
from ecluse.domain.personal_data import Basis, Kept, Purpose, Whose

MAX_TEXT = 1_000  # Of each thing that the provider says.
MAX_SUB_PROCESSORS = 30
_YEAR = timedelta(days=365)


class SubProcessor(msgspec.Struct, frozen=True):
    """Somebody who processes data for the provider (GDPR art. 28(2))."""

    name: str
    country: str
    task: str


class Statement(msgspec.Struct, frozen=True):
    """What the provider says itself; "" where it has said nothing."""

    name: str = ""  # Of the provider.
    officer: str = ""  # How the data protection officer is reached by mail (15-2).
    officer_post: str = ""  # By post.
    place: str = ""  # Where data are kept.
    transfers: str = ""  # Outside the Union, by what guarantee; "": none.
    firewall: str = ""
    hardening: str = ""
    updates: str = ""
    tests: str = ""  # Of vulnerabilities: by whom, how often.
    sub_processors: tuple[SubProcessor, ...] = ()


class MeasureKind(StrEnum):
    """The eight measures of 15-11, in its order."""

    AUTHENTICATION = "authentication"
    ENCRYPTION = "encryption"
    TRACEABILITY = "traceability"
    HARDENING = "hardening"
    FIREWALL = "firewall"
    UPDATES = "updates"
    ACCESS_RIGHTS = "access-rights"
    TESTS = "tests"


@dataclass(frozen=True, slots=True)
class Measure:
    """One of them, as it is now."""

    kind: MeasureKind
    is_active: bool
    figures: dict[str, int | str]  # That its sentence names.
    words: str = ""  # The provider's own.


@dataclass(frozen=True, slots=True)
class Processing:
    """What is done for one purpose, as the apps declare it."""

    purpose: Purpose
    stores: tuple[str, ...]
    people: tuple[Whose, ...]
    bases: tuple[Basis, ...]
    terms: tuple[Kept, ...]


def newest_statement() -> Statement:
    """What the provider said last."""
    row = ProtectionVersion.objects.first()
    return Statement() if row is None else msgspec.convert(row.plain, Statement)


def newest_version() -> ProtectionVersion | None:
    """The same, with who said it when."""
    return ProtectionVersion.objects.first()


def state(statement: Statement, *, by: Actor) -> ProtectionVersion:
    """A new version; the papers say so from now on."""
    with change(by=by) as act:
        row = ProtectionVersion.objects.create(made_at=act.at, made_by=str(by), plain=msgspec.to_builtins(statement))
        act.record("protection.stated", row)
        return row


def processings() -> tuple[Processing, ...]:
    """In the order of the purposes."""
    return tuple(_processing(purpose) for purpose in Purpose)


def measures(now: datetime) -> tuple[Measure, ...]:
    """All eight, with what is really so."""
    statement = newest_statement()
    return tuple(_measures(statement, now))


def wrong_clocks(now: datetime) -> int:
    """How many purge clocks do not do their work at the moment."""
    return sum(each.is_wrong for each in standings(now))


def _processing(purpose: Purpose) -> Processing:
    stores = [store for store in STORES if store.purpose is purpose and store.personal]
    people = {each.whose for store in stores for each in store.personal}
    return Processing(
        purpose,
        tuple(store.name for store in stores),
        tuple(each for each in Whose if each in people),
        tuple(each for each in Basis if any(store.basis is each for store in stores)),
        tuple(each for each in Kept if any(store.kept is each for store in stores)),
    )


def _measures(said: Statement, now: datetime) -> Iterator[Measure]:
    staff = Membership.objects.filter(client=None, user__is_active=True).values("user")
    protected = Authenticator.objects.filter(user__in=staff).exclude(type=Authenticator.Type.RECOVERY_CODES)
    people, with_second = staff.count(), protected.values("user").distinct().count()
    figures: dict[str, int | str] = {
        "people": people,
        "protected": with_second,
        "length": _least_length(),
        "tries": settings.AXES_FAILURE_LIMIT,
    }
    yield Measure(MeasureKind.AUTHENTICATION, people == with_second, figures)
    is_https = urlsplit(settings.ECLUSE_URL).scheme == "https"
    yield Measure(MeasureKind.ENCRYPTION, is_https and settings.SESSION_COOKIE_SECURE, {"url": settings.ECLUSE_URL})
    entries, _ = head()
    yield Measure(MeasureKind.TRACEABILITY, entries > 0, {"entries": entries})
    yield Measure(MeasureKind.HARDENING, bool(said.hardening), {}, said.hardening)
    yield Measure(MeasureKind.FIREWALL, bool(said.firewall), {}, said.firewall)
    releases = sorted({node.report.release for node in nodes(now) if node.report is not None})
    updates: dict[str, int | str] = {"releases": ", ".join(releases)}
    yield Measure(MeasureKind.UPDATES, bool(said.updates) and len(releases) <= 1, updates, said.updates)
    looks = BreakGlass.objects.filter(asked_at__gt=now - _YEAR).count()
    yield Measure(MeasureKind.ACCESS_RIGHTS, is_active=True, figures={"people": people, "looks": looks})
    yield Measure(MeasureKind.TESTS, bool(said.tests), {}, said.tests)


def _least_length() -> int:
    """Of passwords, as Django is told."""
    lengths = [each.get("OPTIONS", {}).get("min_length", 0) for each in settings.AUTH_PASSWORD_VALIDATORS]
    return max(lengths, default=0)

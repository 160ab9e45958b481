"""One change of the control plane: atomic, recorded, published in the order of commits.

    with change(by=actor) as act:
        client = Client.objects.create(...)
        act.record("client.created", client, after={"name": name})
        act.touch("domain", name)

What is inside happens whole or not at all. Records and publications are written last, under one lock over the whole
installation, so that their numbers follow the order of commits: who follows them never skips a late one (design 3).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.chain import Content, bind, commit
from ecluse.control.audit.models import Entry
from ecluse.control.audit.queries import head

_LOCK = 0x65636C757365  # "ecluse": the number of our advisory lock.
_current: ContextVar[Change | None] = ContextVar("change", default=None)


@dataclass(frozen=True, slots=True)
class _Act:
    action: str
    subject: str
    client_id: int | None
    before: object
    after: object


@dataclass(slots=True)
class Change:
    """What happens in one transaction."""

    by: Actor
    at: datetime
    touched: dict[tuple[str, str], None] = field(default_factory=dict)  # (kind, key), once each, in order.
    _acts: list[_Act] = field(default_factory=list)

    def record(
        self,
        action: str,
        subject: models.Model,
        *,
        client_id: int | None = None,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """An entry of the audit trail. `before` and `after` hold what was changed, secrets masked by the caller."""
        label = f"{subject._meta.model_name}:{subject.pk}"  # noqa: SLF001 - Django's public name for it.
        self._acts.append(_Act(action, label, client_id, before, after))

    def touch(self, kind: str, key: str) -> None:
        """The published object of this kind and key must be made anew."""
        self.touched[kind, key] = None

    def write(self) -> None:
        """The entries, numbered and bound. Under the lock."""
        number, previous = head()
        rows = []
        for act in self._acts:
            number += 1
            entry = _entry(number, previous, self._content(act))
            previous = bytes(entry.hash)
            rows.append(entry)
        Entry.objects.bulk_create(rows)

    def _content(self, act: _Act) -> Content:
        by = self.by
        return Content(
            at=self.at,
            actor_kind=by.kind,
            actor_name=by.name,
            actor_id=by.id,
            ip=by.ip or None,
            on_behalf_of=by.on_behalf_of,
            client_id=act.client_id,
            action=act.action,
            subject=act.subject,
            before=act.before,
            after=act.after,
        )


@contextmanager
def change(*, by: Actor) -> Iterator[Change]:
    """One change; inside another it is a part of that one, whose actor answers for it."""
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    with transaction.atomic():
        act = Change(by, timezone.now())
        token = _current.set(act)
        try:
            yield act
        finally:
            _current.reset(token)
        _lock()
        for follow in _followers():
            follow(act)
        act.write()


def _followers() -> Iterator[Callable[[Change], None]]:
    """What follows from whatever was touched, published last: named in the settings, since they stand above us."""
    for path in settings.ECLUSE_FOLLOWERS:
        yield import_string(path)


def _lock() -> None:
    """Until the transaction ends. On SQLite the transaction itself has the only write lock (BEGIN IMMEDIATE)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _entry(number: int, previous: bytes, content: Content) -> Entry:
    salt = secrets.token_bytes(16)
    commitment = commit(salt, content)
    fields = {name: getattr(content, name) for name in Content.__slots__}
    return Entry(number=number, salt=salt, commitment=commitment, hash=bind(previous, number, commitment), **fields)

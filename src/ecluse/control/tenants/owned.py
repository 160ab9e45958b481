"""What belongs to one client is read and written only where that client's scope is open (7-1)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from django.db import models
from django_scopes import ScopeError, get_scope, scope, scopes_disabled
from django_scopes.manager import DisabledQuerySet

Row = TypeVar("Row", bound=models.Model)


class OwnedQuerySet(models.QuerySet[Row]):
    """Refuses to write rows of another client than the scope's: filtering alone does not."""

    def bulk_create(self, objs: Iterable[Row], *args: Any, **options: Any) -> list[Row]:
        """See Django. Raises `ScopeError`."""
        rows = list(objs)
        for row in rows:
            demand_scope(row.client_id)  # type: ignore[attr-defined]  # every owned row has it
        return super().bulk_create(rows, *args, **options)


class OwnedManager(models.Manager[Row]):
    """The rows of the scope's client; all where scopes are off for a named reason. Without a scope it raises."""

    def get_queryset(self) -> models.QuerySet[Row]:
        """See Django. What is done with it raises `ScopeError` without a scope."""
        current = get_scope()
        if not current.get("_enabled", True):
            return OwnedQuerySet(self.model, using=self._db)
        if "client" not in current:
            disabled: models.QuerySet[Row] = DisabledQuerySet(self.model, using=self._db, missing_scopes={"client"})
            return disabled
        return OwnedQuerySet(self.model, using=self._db).filter(client=current["client"])

    def bulk_create(self, objs: Iterable[Row], *args: Any, **options: Any) -> list[Row]:
        """See `OwnedQuerySet.bulk_create`."""
        rows: OwnedQuerySet[Row] = OwnedQuerySet(self.model, using=self._db)
        return rows.bulk_create(objs, *args, **options)


class Owned(models.Model):
    """A row of one client."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        """See Django. Raises `ScopeError` for a row of another client than the scope's."""
        demand_scope(self.client_id)  # type: ignore[attr-defined]  # the field of every model below
        super().save(*args, **options)


def scope_of(client: models.Model | None) -> AbstractContextManager[object]:
    """The scope of one client's rows; where it is None of the provider's own, which stand in no client's: scopes are off."""
    opened: AbstractContextManager[object] = scopes_disabled() if client is None else scope(client=client)
    return opened


def demand_scope(client_id: int | None) -> None:
    """Raises `ScopeError` unless the scope is that client's, or scopes are off for a named reason."""
    current = get_scope()
    if current.get("_enabled", True) and getattr(current.get("client"), "pk", None) != client_id:
        raise ScopeError(f"a row of client {client_id} was to be written outside its scope")

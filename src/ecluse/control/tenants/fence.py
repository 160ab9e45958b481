"""The second fence on PostgreSQL: the database itself shows and takes rows of the open scope's client only (7-1).

The first one is `owned.py`. This one stands where the program forgets a scope, or asks by a way round its managers; it is
none against who may run statements of his own, since he can say any scope. Every table of an `Owned` model gets it when
the database is brought up to date, new tables too: nobody has to remember it.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from ecluse.control.tenants.owned import Owned
from ecluse.control.tenants.postgresql.base import ALL, SETTING

_POLICY = "one_client"
_SCOPE = f"(SELECT NULLIF(current_setting('{SETTING}', true), '')::bigint)"
_IS_OPEN = f"client_id = {_SCOPE} OR {_SCOPE} = {ALL}"
_UNFENCED = """
    SELECT relname FROM pg_class
    WHERE relname = ANY(%s) AND relnamespace = current_schema()::regnamespace
      AND NOT (relrowsecurity AND relforcerowsecurity
               AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polname = %s))
    ORDER BY relname
"""


def owned_tables() -> list[str]:
    """The tables of what belongs to one client."""
    return sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, Owned))  # noqa: SLF001 - Django's public name for it.


def unfenced(connection: BaseDatabaseWrapper) -> list[str]:
    """Those of them that lack the fence. PostgreSQL alone."""
    with connection.cursor() as cursor:
        cursor.execute(_UNFENCED, [owned_tables(), _POLICY])
        return [name for (name,) in cursor.fetchall()]


def raise_fence(using: str, **_: Any) -> None:
    """After every migration: a table that has the fence is not touched, and so not locked."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for name in unfenced(connection):
            table = connection.ops.quote_name(name)
            cursor.execute(f"DROP POLICY IF EXISTS {_POLICY} ON {table}")
            # Without FORCE it would not hold for the owner of the table, who is ourselves.
            cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
            cursor.execute(f"CREATE POLICY {_POLICY} ON {table} USING ({_IS_OPEN})")

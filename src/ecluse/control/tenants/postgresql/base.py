"""Before each statement the connection knows the scope of the moment, which the fence of each table asks for (7-1).

The scope is looked up when a statement runs, not when a request begins or ends: whatever a connection was used for
before, it reads and writes what is open now, and nothing where nothing is open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base
from django_scopes import get_scope
from psycopg.pq import TransactionStatus

SETTING = "ecluse.client"  # The number of the client; ALL where scopes are off for a named reason; else empty.
ALL = "0"
_TELL = f"SELECT set_config('{SETTING}', %s, false)"


class DatabaseWrapper(base.DatabaseWrapper):
    """See above. Named as Django wants it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._told: str | None = None  # None: not known, as after a rollback, which takes settings back, too.
        self.execute_wrappers = [self._in_scope]

    def init_connection_state(self) -> None:
        """See Django. A new connection knows nothing."""
        super().init_connection_state()
        self._told = None

    def _rollback(self) -> None:
        self._told = None
        super()._rollback()  # type: ignore[misc]  # it is there; the stubs leave out what Django calls its own

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # as above
        self._told = None

    def _in_scope(self, execute: Callable[..., Any], *statement: Any) -> Any:
        wanted = _scope()
        if wanted != self._told and self._can_be_told():
            with self.wrap_database_errors, self.connection.cursor() as cursor:
                cursor.execute(_TELL, [wanted])
            self._told = wanted
        return execute(*statement)

    def _can_be_told(self) -> bool:
        """A transaction that has failed takes no statement but its end, and shows nothing."""
        return bool(self.connection.info.transaction_status != TransactionStatus.INERROR)


def _scope() -> str:
    """The scope of this moment, as the fence reads it."""
    scope = get_scope()
    if not scope.get("_enabled", True):
        return ALL
    return str(scope["client"].pk) if "client" in scope else ""

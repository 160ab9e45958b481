"""The message log, of the open scope's client alone, as pages and jobs of the control plane read it (7-1).

Its tables are kept by nodes, for all clients. Here the client that is asked for is held against the scope, which is
opened elsewhere, by whoever looked at who may see it (decision 0022).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django_scopes import ScopeError, get_scope

from ecluse.domain.event import MessageEvent
from ecluse.domain.incoming import Direction
from ecluse.domain.log_figures import BusyAddress, DayFigure
from ecluse.domain.log_search import LogPage, LogPlace, LogSearch
from ecluse.ports.message_log import MessageLog

_ALL = ""


@dataclass(frozen=True, slots=True)
class ScopedLog:
    """See `MessageLog`. Raises `ScopeError` for another client than the scope's, and for all without scopes being off."""

    log: MessageLog

    def append(self, events: Sequence[MessageEvent]) -> None:
        """See `MessageLog.append`."""
        _demand_scope(_ALL)
        self.log.append(events)

    def search(self, search: LogSearch, limit: int, after: LogPlace | None = None) -> LogPage:
        """See `MessageLog.search`."""
        _demand_scope(search.client)
        return self.log.search(search, limit, after)

    def events(self, message_id: str, client: str = _ALL) -> tuple[MessageEvent, ...]:
        """See `MessageLog.events`."""
        _demand_scope(client)
        return self.log.events(message_id, client)

    def events_of(self, message_ids: Sequence[str], client: str) -> tuple[MessageEvent, ...]:
        """See `MessageLog.events_of`."""
        _demand_scope(client)
        return self.log.events_of(message_ids, client)

    def figures(self, client: str, first: date, last: date) -> tuple[DayFigure, ...]:
        """See `MessageLog.figures`."""
        _demand_scope(client)
        return self.log.figures(client, first, last)

    def verdicts(
        self, client: str, first: int, last: int, direction: Direction = Direction.INBOUND
    ) -> Mapping[int, int]:
        """See `MessageLog.verdicts`."""
        _demand_scope(client)
        return self.log.verdicts(client, first, last, direction)

    def busy_addresses(
        self, clients: Collection[str], since: float, until: float, least: int
    ) -> Mapping[str, tuple[BusyAddress, ...]]:
        """See `MessageLog.busy_addresses`."""
        _demand_scope(_ALL)
        return self.log.busy_addresses(clients, since, until, least)

    def purge(self, before: float) -> int:
        """See `MessageLog.purge`."""
        _demand_scope(_ALL)
        return self.log.purge(before)

    def forget(self, client: str, before: float, most: int) -> int:
        """See `MessageLog.forget`."""
        _demand_scope(client)
        return self.log.forget(client, before, most)

    def oldest(self) -> float:
        """See `MessageLog.oldest`."""
        _demand_scope(_ALL)
        return self.log.oldest()


def _demand_scope(client: str) -> None:
    scope = get_scope()
    if scope.get("_enabled", True) and (client == _ALL or client != getattr(scope.get("client"), "name", None)):
        raise ScopeError("the message log was asked for what lies outside the scope")

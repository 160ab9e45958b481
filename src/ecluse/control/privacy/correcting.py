"""What is held of a person is put right by an act, where it is declared that it may be (15-1, GDPR art. 16).

The caller has opened the scope of the request (`requests.scope_of`). Neither the trail nor the request's history has what stood
there, or stands there now: only which fields, and of how many rows. What a log, an invoice or a proof says stays as it was said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.privacy.declared import IN_DATABASE
from ecluse.control.privacy.models import PersonRequest, RequestState, RequestStep, Right
from ecluse.control.privacy.naming import Names
from ecluse.control.privacy.searching import rows_naming
from ecluse.domain.errors import Impossible
from ecluse.domain.personal_data import Personal, Store

_MOST_NOTED = 500  # Letters of one step of a request.


@dataclass(frozen=True, slots=True)
class Correctable:
    """One field of one row that he may have put right."""

    store: Store
    field: Personal
    row: Model

    @property
    def key(self) -> str:
        """Names it in a form."""
        return f"{self.name}:{self.row.pk}"

    @property
    def name(self) -> str:
        """Which field it is."""
        return f"{self.store.name}.{self.field.field}"

    @property
    def value(self) -> str:
        """As it stands."""
        return str(getattr(self.row, self.field.field))

    @property
    def most(self) -> int:
        """Letters that it takes."""
        return int(self._column.max_length)

    @property
    def may_be_empty(self) -> bool:
        """Whether he may have it taken away."""
        return bool(self._column.blank)

    @property
    def _column(self) -> Any:
        return self.row._meta.get_field(self.field.field)  # noqa: SLF001 - Django's public name for it.


def is_correctable(request: PersonRequest) -> bool:
    """Whether it asks for that, and he has proven who he is."""
    return request.right == Right.RECTIFICATION and request.state == RequestState.PROVEN


def correctables(request: PersonRequest) -> list[Correctable]:
    """All that may be put right of whom it is about, in rows that are found by one of his addresses."""
    names = Names(tuple(request.addresses))
    return [each for store in IN_DATABASE for each in _of(store, names, request)]


def correct(request: PersonRequest, values: Mapping[str, str], *, by: Actor) -> int:
    """Put these right, by `Correctable.key`; how many were other than they stood.

    Raises `Impossible` where he asks for something else or has not proven who he is, for what is none of his, for what does
    not fit, and where nothing would change.
    """
    with change(by=by) as act:
        if not is_correctable(PersonRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)):
            raise Impossible("only who has proven who he is, and asks for it, has something corrected")
        found = {each.key: each for each in correctables(request)}
        if not values.keys() <= found.keys():
            raise Impossible("it is not there any more, or was never his")
        wanted = [(found[key], _fitting(found[key], value)) for key, value in values.items()]
        corrected = [(each, value) for each, value in wanted if value != each.value]
        if not corrected:
            raise Impossible("nothing is other than it stands")
        for each, value in corrected:
            setattr(each.row, each.field.field, value)
            each.row.save(update_fields=[each.field.field])
        _note(act, request, [each for each, _ in corrected])
        return len(corrected)


def _of(store: Store, names: Names, request: PersonRequest) -> Iterator[Correctable]:
    for field in (each for each in store.personal if each.is_correctable):
        # By itself nobody finds a name: it is of whom an address of the same row is.
        by = [each for each in store.personal if each.whose is field.whose]
        rows = {row.pk: row for each in by for row in rows_naming(store, each, names, request.client)}
        yield from (Correctable(store, field, row) for row in rows.values())


def _fitting(each: Correctable, value: str) -> str:
    """On one line. Raises `Impossible`."""
    fitting = value.strip()
    if len(fitting) > each.most or not fitting.isprintable() or not (fitting or each.may_be_empty):
        raise Impossible("it does not fit there")
    return fitting


def _note(act: Change, request: PersonRequest, corrected: list[Correctable]) -> None:
    counted = Counter(each.name for each in corrected)
    said = ", ".join(f"{name} ({count})" for name, count in sorted(counted.items()))
    RequestStep.objects.create(
        client=request.client, request=request, at=act.at, by=act.by.name, what="corrected", note=said[:_MOST_NOTED]
    )
    act.record("request.corrected", request, client_id=request.client_id, after={"rows": dict(counted)})

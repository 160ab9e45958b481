"""A person is erased: one act over every table, which keeps what a law or a proof keeps and says so (15-1, GDPR art. 17).

The caller has opened the scope of the request (`requests.scope_of`). What the act itself has recorded of him in the audit
trail goes with the rest: only the number of the request stands there.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.db import transaction
from django.db.models import Model
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.models import BreakGlass, Membership, User
from ecluse.control.accounts.personal_data import LOOKED
from ecluse.control.accounts.services import LastOwner, dismiss
from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.audit.models import Entry
from ecluse.control.audit.services import erase_content
from ecluse.control.mail.held import WAITING
from ecluse.control.mail.models import HeldCopy
from ecluse.control.mail.quarantine import delete as delete_held
from ecluse.control.policies.models import FilterWish, ListEntry, ListKind
from ecluse.control.policies.services import unlist
from ecluse.control.privacy.declared import IN_DATABASE
from ecluse.control.privacy.models import PersonRequest, RequestState, RequestStep, Right
from ecluse.control.privacy.naming import Names
from ecluse.control.privacy.reports import Line, plain
from ecluse.control.privacy.searching import rows_naming
from ecluse.control.suppression.models import SuppressedRecipient
from ecluse.control.suppression.services import unsuppress
from ecluse.control.tenants.models import Address, Client
from ecluse.control.tenants.services import remove_address
from ecluse.domain.errors import Impossible
from ecluse.domain.personal_data import ERASED, Erasing, Holds, Personal, Store
from ecluse.domain.publication import Kind
from ecluse.domain.suppression import SuppressionCause

TRAIL = "audit.Entry"
_ACCOUNT_STAYS = "hangs on an account that stays"
_BLOCKED = "somebody's wish not to get mail from this address: without it he would get it again"


@dataclass(frozen=True, slots=True)
class _Erasure:
    names: Names
    client: Client | None  # Who has asked for it, and answers for its own people's data; None: the person himself did.
    act: Change
    words: tuple[
        str, ...
    ]  # Stand where he was named, one for each address; others each time, so that they lead to nobody.

    def of(self, store: Store) -> Iterator[Line]:
        for field in store.personal:
            rows = rows_naming(store, field, self.names, self.client)
            if rows:
                yield from _TREATMENTS[field.erasing](self, store, field, rows)


Treatment = Callable[[_Erasure, Store, Personal, list[Model]], Iterator[Line]]


def erase(request: PersonRequest, *, by: Actor) -> list[Line]:
    """Erase who asks for it. Raises `Impossible` where he has not proven who he is, asks for something else, or is erased."""
    names = Names(tuple(request.addresses))
    with transaction.atomic():
        with change(by=by) as act:
            _claim(request, act)
            erasure = _Erasure(names, request.client, act, _words(names))
            lines = [line for store in IN_DATABASE if store.name != TRAIL for line in erasure.of(store)]
            gone = sum(each.rows for each in lines if each.is_gone)
            RequestStep.objects.create(
                client=request.client, request=request, at=act.at, by=by.name, what="erased", note=str(gone)
            )
            act.record("request.erased", request, client_id=request.client_id, after={"rows": gone})
        # The change has written what it did: that names him, too.
        lines += _erase_trail(names, request.client)
        PersonRequest.objects.filter(pk=request.pk).update(report=plain(lines))
    request.refresh_from_db()
    return lines


def _claim(request: PersonRequest, act: Change) -> None:
    """Two who act at once: the second finds it erased."""
    fitting = PersonRequest.objects.filter(
        pk=request.pk, state=RequestState.PROVEN, right=Right.ERASURE, erased_at=None
    )
    if not fitting.update(erased_at=act.at):
        raise Impossible("only who has proven who he is is erased, and once")


def _words(names: Names) -> tuple[str, ...]:
    """Rows that were of different addresses of his stay different ones: many a table has each but once."""
    word = f"{ERASED}{secrets.token_hex(4)}"
    return tuple(f"{word}-{number}" for number in range(1, len(names.addresses) + 1))


def _stays(_erasure: _Erasure, store: Store, field: Personal, rows: list[Model]) -> Iterator[Line]:
    yield Line(store.name, field.field, field.erasing, len(rows), field.why)


def _stays_along(_erasure: _Erasure, store: Store, field: Personal, rows: list[Model]) -> Iterator[Line]:
    """What hung on what is gone is gone, too, and is not found any more."""
    yield Line(store.name, field.field, Erasing.KEPT, len(rows), _ACCOUNT_STAYS)


def _delete_rows(_erasure: _Erasure, store: Store, field: Personal, rows: list[Model]) -> Iterator[Line]:
    for row in rows:
        row.delete()
    yield Line(store.name, field.field, Erasing.ROW, len(rows))


def _unname(erasure: _Erasure, store: Store, field: Personal, rows: list[Model]) -> Iterator[Line]:
    for row in rows:
        value = erasure.names.replaced(getattr(row, field.field), erasure.words)
        most = getattr(row._meta.get_field(field.field), "max_length", None)  # noqa: SLF001 - Django's public name for it.
        setattr(row, field.field, value[:most] if isinstance(value, str) else value)
        row.save(update_fields=[field.field])
    yield Line(store.name, field.field, Erasing.UNNAMED, len(rows))


def _empty(_erasure: _Erasure, store: Store, field: Personal, rows: list[Model]) -> Iterator[Line]:
    """With what stands beside it of the same person, his name for instance: by itself nobody finds that."""
    beside = [each for each in store.personal if each.holds is Holds.BESIDE and each.erasing is Erasing.EMPTIED]
    fields = [field.field, *(each.field for each in beside if each.whose is field.whose)]
    for row in rows:
        for name in fields:
            setattr(row, name, "")
        row.save(update_fields=fields)
    yield Line(store.name, field.field, Erasing.EMPTIED, len(rows))


def _by_service(erasure: _Erasure, store: Store, field: Personal, rows: list[Model]) -> Iterator[Line]:
    yield from SERVICES[store.name](erasure, store, field, rows)


_TREATMENTS: Mapping[Erasing, Treatment] = MappingProxyType(
    {
        Erasing.ROW: _delete_rows,
        Erasing.UNNAMED: _unname,
        Erasing.EMPTIED: _empty,
        Erasing.SERVICE: _by_service,
        Erasing.ALONG: _stays_along,
        Erasing.LAPSES: _stays,
        Erasing.KEPT: _stays,
    }
)


def _mailboxes(erasure: _Erasure, store: Store, field: Personal, rows: list[Model]) -> Iterator[Line]:
    """On the client's word alone: from then on his mail is refused."""
    if erasure.client is None:
        yield Line(store.name, field.field, Erasing.KEPT, len(rows), field.why)
        return
    for row in rows:
        if isinstance(row, Address):
            remove_address(row, by=erasure.act.by)
    yield Line(store.name, field.field, Erasing.ROW, len(rows))


def _accounts(erasure: _Erasure, store: Store, field: Personal, rows: list[Model]) -> Iterator[Line]:
    """A client's word ends what he is there; who is nothing anywhere any more goes, once nothing hangs on him that is a proof."""
    users = [row for row in rows if isinstance(row, User)]
    kept = [user for user in users if not _is_account_gone(erasure, user)]
    looked = sum(_has_looked(user) for user in kept)
    yield from _two_lines(store, field, len(users) - len(kept), len(kept) - looked, field.why)
    yield from _two_lines(store, field, 0, looked, LOOKED)


def _has_looked(user: User) -> bool:
    """Whether a client may still ask who has looked at its mail (14-3)."""
    return BreakGlass.objects.filter(user=user).exists()


def _is_account_gone(erasure: _Erasure, user: User) -> bool:
    if erasure.client is not None:
        for membership in Membership.objects.filter(user=user, client=erasure.client):
            _dismiss(membership, erasure.act.by)
    if Membership.objects.filter(user=user).exists() or _has_looked(user):
        return False
    erasure.act.record("person.erased", user, client_id=erasure.client.pk if erasure.client else None)
    with scopes_disabled():  # What hangs on him may lie with clients that he belonged to before.
        user.delete()
    return True


def _dismiss(membership: Membership, by: Actor) -> None:
    try:
        dismiss(membership, by=by)
    except LastOwner:
        return  # The account stays, and the report says so.


def _suppressed(erasure: _Erasure, store: Store, field: Personal, rows: list[Model]) -> Iterator[Line]:
    """Who has complained of a client's mail does not ask to get it again."""
    lines = [row for row in rows if isinstance(row, SuppressedRecipient)]
    taken_off = [row for row in lines if row.cause != SuppressionCause.COMPLAINT]
    for row in taken_off:
        unsuppress(row, by=erasure.act.by)
    yield from _two_lines(store, field, len(taken_off), len(lines) - len(taken_off), field.why)


def _listed(erasure: _Erasure, store: Store, field: Personal, rows: list[Model]) -> Iterator[Line]:
    entries = [row for row in rows if isinstance(row, ListEntry)]
    allowed = [row for row in entries if row.kind == ListKind.ALLOW]
    for row in allowed:
        unlist(row, by=erasure.act.by)
    yield from _two_lines(store, field, len(allowed), len(entries) - len(allowed), _BLOCKED)


def _wished(erasure: _Erasure, store: Store, field: Personal, rows: list[Model]) -> Iterator[Line]:
    for row in rows:
        if isinstance(row, FilterWish):
            erasure.act.touch(Kind.DOMAIN, row.domain.name)
            row.delete()
    yield Line(store.name, field.field, Erasing.ROW, len(rows))


def _held(erasure: _Erasure, store: Store, field: Personal, rows: list[Model]) -> Iterator[Line]:
    """Their contents are ordered away from the nodes; the lines themselves follow at their term."""
    by_client: dict[Client, list[HeldCopy]] = defaultdict(list)
    for row in rows:
        if isinstance(row, HeldCopy) and row.state in WAITING:
            by_client[row.client].append(row)
    for client, copies in by_client.items():
        with scope(client=client):
            delete_held(copies, client, by=erasure.act.by)
    yield Line(store.name, field.field, Erasing.LAPSES, len(rows), field.why)


def _two_lines(store: Store, field: Personal, gone: int, kept: int, why: str) -> Iterator[Line]:
    if gone:
        yield Line(store.name, field.field, Erasing.ROW, gone)
    if kept:
        yield Line(store.name, field.field, Erasing.KEPT, kept, why)


SERVICES: Mapping[str, Treatment] = MappingProxyType(
    {
        "tenants.Address": _mailboxes,
        "accounts.User": _accounts,
        "suppression.SuppressedRecipient": _suppressed,
        "policies.ListEntry": _listed,
        "policies.FilterWish": _wished,
        "mail.HeldCopy": _held,
    }
)


def _erase_trail(names: Names, client: Client | None) -> list[Line]:
    """What others did that concerns him loses its content; what he did himself proves that he did (4-5)."""
    store = next(each for each in IN_DATABASE if each.name == TRAIL)
    found: dict[str, list[Entry]] = {}
    for field in store.personal:
        rows = rows_naming(store, field, names, client)
        found[field.field] = [row for row in rows if isinstance(row, Entry)]
    own = {row.number for row in found["actor_name"]}
    others = {row.number for rows in found.values() for row in rows} - own
    emptied = erase_content(sorted(others))
    kept = next(each for each in store.personal if each.field == "actor_name")
    lines = [
        Line(TRAIL, "before, after", Erasing.EMPTIED, emptied),
        Line(TRAIL, kept.field, Erasing.KEPT, len(own), kept.why),
    ]
    return [each for each in lines if each.rows]

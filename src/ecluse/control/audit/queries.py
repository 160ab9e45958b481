"""Reading the trail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db.models import Q, QuerySet

from ecluse.control.audit.chain import GENESIS, Content, Fault, Link, faults
from ecluse.control.audit.models import Checkpoint, Entry
from ecluse.control.audit.signing import signed_octets

__all__ = ["Entry", "entries", "head", "verify", "verify_newest"]

_AT_ONCE = 1_000


def verify(key: Ed25519PublicKey) -> Iterator[Fault]:
    """What is wrong with the trail, checkpoints included; nothing when all is as it was written (4-7)."""
    checkpoint = Checkpoint.objects.order_by("-number").first()
    if checkpoint is None:
        yield from faults(_links())
        return
    try:
        key.verify(bytes(checkpoint.signature), signed_octets(checkpoint))
    except InvalidSignature:
        yield Fault(checkpoint.number, "the checkpoint is not signed by this installation")
    yield from faults(_links(), checkpoint.number, bytes(checkpoint.hash))


def verify_newest(most: int) -> tuple[int, tuple[Fault, ...]]:
    """How many of the newest entries were looked at, `most` at most, and what is wrong with them.

    For who waits: `verify` looks at all of them, and at the checkpoint's signature.
    """
    last, _ = head()
    before = Entry.objects.filter(number__lte=last - most).order_by("-number").values_list("number", "hash").first()
    before = before or Checkpoint.objects.order_by("-number").values_list("number", "hash").first() or (0, GENESIS)
    return last - before[0], tuple(faults(_links(before[0]), before[0], bytes(before[1])))


def head() -> tuple[int, bytes]:
    """Number and hash of the last entry; what somebody else keeps of it proves that nothing was cut off at the end."""
    last = Entry.objects.order_by("-number").values_list("number", "hash").first()
    last = last or Checkpoint.objects.order_by("-number").values_list("number", "hash").first()
    return (last[0], bytes(last[1])) if last else (0, GENESIS)


def entries(
    client_id: int | None,
    *,
    search: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    acts: Iterable[str] = (),
    without: Iterable[str] = (),
) -> QuerySet[Entry]:
    """A client's trail, or the provider's own, newest first; `search` is looked for in actor, act and subject.

    `acts`: whose names are found by this search, too; `without`: with what the acts begin that are left out.
    """
    rows = Entry.objects.filter(client_id=client_id).order_by("-number")
    for each in without:
        rows = rows.exclude(action__startswith=each)
    if search:
        within = Q(actor_name__icontains=search) | Q(action__icontains=search) | Q(subject__icontains=search)
        rows = rows.filter(within | Q(action__in=[*acts]))
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lte=until)
    return rows


def _links(after: int = 0) -> Iterator[Link]:
    for entry in Entry.objects.filter(number__gt=after).order_by("number").iterator(_AT_ONCE):
        yield Link(entry.number, _content(entry), bytes(entry.salt), bytes(entry.commitment), bytes(entry.hash))


def _content(entry: Entry) -> Content | None:
    """None where it was erased: the salt goes first."""
    if not entry.salt:
        return None
    return Content(**{name: getattr(entry, name) for name in Content.__slots__})

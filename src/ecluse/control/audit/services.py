"""What may happen to the trail: ageing, and erasure of what entries say of a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.utils import timezone

from ecluse.control.audit.models import Checkpoint, Entry
from ecluse.control.audit.signing import signed_octets

KEPT = timedelta(days=365)  # 15-7.


@transaction.atomic
def purge(before: datetime, key: Ed25519PrivateKey) -> int:
    """Delete the entries older than that, from the first on, and leave a signed checkpoint; how many (15-7)."""
    oldest_kept = Entry.objects.filter(at__gte=before).order_by("number").values_list("number", flat=True).first()
    old = Entry.objects.filter(at__lt=before)
    if oldest_kept is not None:
        # A clock that stepped back must not make a hole.
        old = old.filter(number__lt=oldest_kept)
    last = old.order_by("-number").first()
    if last is None:
        return 0
    checkpoint = Checkpoint(number=last.number, at=timezone.now(), hash=bytes(last.hash))
    checkpoint.signature = key.sign(signed_octets(checkpoint))
    Checkpoint.objects.bulk_create([checkpoint], ignore_conflicts=True)  # Another's, of this moment, is as good.
    deleted, _ = Entry.objects.filter(number__lte=last.number).delete()
    return deleted


def erase_content(numbers: list[int]) -> int:
    """Empty these entries, for a person's right to be forgotten; the chain still verifies. How many (15-1)."""
    return Entry.objects.filter(number__in=numbers).update(
        actor_name="", actor_id=None, ip=None, on_behalf_of="", before=None, after=None, salt=b""
    )

"""A letter goes out once: claimed, sent, noted; put back where it did not go, and before a person where nobody knows.

`Refused` is for good. `Unavailable`, and an error that nobody foresaw, come before the mail server has taken it: it is put
back. Whoever is killed in between leaves it in hand: it is not sent a second time by itself, and stands on the page *Jobs*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import models, transaction
from django.db.models import Q

from ecluse.control.attempts.models import Attempt
from ecluse.control.attempts.rows import IN_HAND_FOR, for_each, key_of
from ecluse.domain.errors import Refused, Unavailable

Step = Callable[[], object]
Person = TypeVar("Person", bound=models.Model)


def send_claimed(send: Step, *, refused: Step, put_back: Step) -> bool:
    """Send what is claimed already; whether it went. An error that nobody foresaw goes on, once it is put back."""
    try:
        send()
    except Refused:
        refused()
    except Unavailable:
        put_back()
    except Exception:
        put_back()
        raise
    else:
        return True
    return False


def send_to_each(
    work: str, people: Iterable[Person], send: Callable[[Person], object], now: datetime, *, of: str
) -> int:
    """Write to each of them of the one thing that `of` names: of the next he is written all the same. How many letters went.

    `Refused` is for good. Raises `Unavailable`: the caller puts back what it has claimed.
    """

    def is_sent(person: Person) -> bool:
        try:
            send(person)
        except Refused:
            return False
        return True

    return for_each(work, people, is_sent, now, name=lambda person: f"{of}, {key_of(person)}")


@dataclass(frozen=True, slots=True)
class Steps:
    """What is done with one letter, in this order: `is_due` once it is claimed, `send`, and what came of it."""

    is_due: Callable[[], bool]  # Another worker may have sent it since it was looked up.
    send: Step
    sent: Step
    refused: Step


def send_once(work: str, row: models.Model, steps: Steps, now: datetime, *, is_ordered: bool = False) -> bool:
    """Whether it went; False, too, where another worker has it in hand, or it went in a life that ended there.

    `is_ordered`: only while its order stands (`rows.order`), which another worker may have carried out since it was looked up.
    """
    claim = _claim(work, key_of(row), now, is_ordered=is_ordered)
    if claim is None:
        return False
    if not steps.is_due():
        claim.end()
        return False

    def refused() -> None:
        with transaction.atomic():
            steps.refused()
            claim.end()

    if not send_claimed(steps.send, refused=refused, put_back=claim.put_back):
        return False
    with transaction.atomic():
        steps.sent()
        claim.end()
    return True


def release(work: str, row: models.Model, now: datetime) -> bool:
    """A person has looked: it may be sent now, whatever became of the attempt before; False where there was none, or it is in hand."""
    in_hand = Q(next_at=None, at__gte=now - IN_HAND_FOR)
    return bool(Attempt.objects.filter(work=work, row=key_of(row)).exclude(in_hand).delete()[0])


@dataclass(frozen=True, slots=True)
class _Claim:
    pk: int
    was_due_at: datetime | None  # None: nothing had been noted of the row.

    def put_back(self) -> None:
        mine = Attempt.objects.filter(pk=self.pk)
        if self.was_due_at is None:
            mine.delete()
        else:
            mine.update(next_at=self.was_due_at)

    def end(self) -> None:
        Attempt.objects.filter(pk=self.pk).delete()


def _claim(work: str, key: str, now: datetime, *, is_ordered: bool) -> _Claim | None:
    """None where it is another's."""
    attempt = Attempt.objects.filter(work=work, row=key).first()
    if attempt is None and is_ordered:
        return None
    if attempt is None:
        attempt, is_new = Attempt.objects.get_or_create(work=work, row=key, defaults={"at": now, "next_at": None})
        if is_new:
            return _Claim(attempt.pk, None)
    as_seen = Attempt.objects.filter(pk=attempt.pk, times=attempt.times, next_at=attempt.next_at)
    is_mine = attempt.next_at is not None and as_seen.update(next_at=None, at=now)
    return _Claim(attempt.pk, attempt.next_at) if is_mine else None

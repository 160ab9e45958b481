"""Answers that the provider keeps ready, in French and English; texts never stand in the trail."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.support.models import MAX_SUBJECT, MAX_TEXT, ReadyAnswer, Ticket
from ecluse.domain.errors import Impossible

__all__ = ["MAX_SUBJECT", "MAX_TEXT", "ReadyAnswer"]

MOST = 500


class TitleTaken(Impossible):
    """Another one is called so."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What one says."""

    title: str  # For agents alone.
    text_fr: str
    text_en: str


def ready_answers() -> QuerySet[ReadyAnswer]:
    """All of them, by title."""
    return ReadyAnswer.objects.all()


def find_ready_answer(pk: int) -> ReadyAnswer | None:
    """One of them."""
    return ReadyAnswer.objects.filter(pk=pk).first()


def text_for(row: ReadyAnswer, ticket: Ticket) -> str:
    """In the language of who asked."""
    return row.text_fr if ticket.language == "fr" else row.text_en


def add_ready_answer(ready: Ready, *, by: Actor) -> ReadyAnswer:
    """A new one. Raises `TitleTaken`, and `Impossible` without words, or for too many."""
    with change(by=by) as act:
        if ReadyAnswer.objects.count() >= MOST:
            raise Impossible(f"more than {MOST} of them")
        return _save(act, ReadyAnswer(), ready, "added")


def change_ready_answer(row: ReadyAnswer, ready: Ready, *, by: Actor) -> ReadyAnswer:
    """It says something else from now on; what was sent stays as it was. Raises as `add_ready_answer`."""
    with change(by=by) as act:
        return _save(act, row, ready, "changed")


def remove_ready_answer(row: ReadyAnswer, *, by: Actor) -> None:
    """It is offered no more."""
    with change(by=by) as act:
        act.record("ready-answer.removed", row, before={"title": row.title})
        row.delete()


def _save(act: Change, row: ReadyAnswer, ready: Ready, what: str) -> ReadyAnswer:
    said = [each.replace("\r\n", "\n").strip() for each in (ready.title, ready.text_fr, ready.text_en)]
    if not all(said) or len(said[0]) > MAX_SUBJECT or max(len(said[1]), len(said[2])) > MAX_TEXT:
        raise Impossible("it has a title, and says something in French and in English")
    if ReadyAnswer.objects.exclude(pk=row.pk).filter(title=said[0]).exists():
        raise TitleTaken("another one is called so")
    before = {"title": row.title} if row.pk else None
    row.title, row.text_fr, row.text_en = said
    row.changed_at = act.at
    row.save()
    act.record(f"ready-answer.{what}", row, before=before, after={"title": row.title})
    return row

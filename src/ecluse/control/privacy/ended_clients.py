"""When what an ended client had set up goes (15-6), and what keeps it: an offer that is open, or the provider's word.

Nothing goes before the ninety days in which its people look on are over, nor within thirty days of the first time that this
installation has seen it: an upgrade takes nothing at once of what an older release has kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.after_end import LOOKED_AT
from ecluse.control.attempts.rows import for_each, ready
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.audit.change import change
from ecluse.control.billing.invoice_days import today
from ecluse.control.contracts.models import Contract
from ecluse.control.contracts.states import IN_FORCE, ContractState
from ecluse.control.privacy.models import EndedClient
from ecluse.control.privacy.taking_down import take_down
from ecluse.control.tenants.models import Client
from ecluse.domain.errors import Impossible
from ecluse.domain.policy import ServiceState

__all__ = ["EndedClient"]

GRACE = timedelta(days=30)
AGAIN = timedelta(days=30)  # Somebody may have set up something since, for a return that did not come.
DRAFT_KEEPS = timedelta(days=90)  # What nobody has sent by then is forgotten.
MAX_WHY = 500
_CLIENTS_AT_ONCE = 100
_ROWS_AT_ONCE = 2_000
_WORK = "take down a client"
_BY = Actor(ActorKind.JOB, "ended clients")


def take_down_ended(now: datetime) -> tuple[int, int]:
    """How many clients are newly known to have ended, and of how many all is gone. The provider's job, over all clients."""
    with scopes_disabled():
        seen = _note(now)
        # Whose turn it is for the first time goes first, then who was looked at longest ago.
        turn = ready(_WORK, _due(now), now).order_by(F("done_at").asc(nulls_first=True), "pk")
        rows = list(turn.select_related("client")[:_CLIENTS_AT_ONCE])
    return seen, for_each(_WORK, rows, lambda row: _is_taken_down(row, now), now)


def end_of(client: Client) -> EndedClient | None:
    """What is known of the client's end; in its scope."""
    return EndedClient.objects.filter(client=client).select_related("client").first()


def goes_at(row: EndedClient) -> datetime:
    """From when on it may go."""
    return max(row.seen_at + GRACE, (row.client.state_since or row.seen_at) + LOOKED_AT)


def hold_back(client: Client, why: str, *, by: Actor) -> None:
    """Nothing goes until `let_go`: a dispute, a return that is expected. Raises `Impossible` without a reason."""
    if not 0 < len(why.strip()) <= MAX_WHY:
        raise Impossible("a reason is given, in some words")
    with change(by=by) as act:
        held = {"held_at": act.at, "held_by": str(by), "held_why": why.strip()}
        if not EndedClient.objects.filter(client=client, held_at=None).update(**held):
            raise Impossible("nothing of this client is about to go")
        act.record("client.held-back", client, client_id=client.pk, after={"why": why.strip()})


def let_go(client: Client, *, by: Actor) -> None:
    """The provider keeps it no longer; nothing where he did not."""
    with change(by=by) as act:
        if EndedClient.objects.filter(client=client, held_at__isnull=False).update(
            held_at=None, held_by="", held_why=""
        ):
            act.record("client.let-go", client, client_id=client.pk)


def _note(now: datetime) -> int:
    """Who is served again, or was since all was gone, begins anew."""
    EndedClient.objects.exclude(client__state=ServiceState.ENDED).delete()
    EndedClient.objects.filter(client__state_since__gt=F("done_at")).delete()
    fresh = Client.objects.filter(state=ServiceState.ENDED).exclude(pk__in=EndedClient.objects.values("client"))
    return len(EndedClient.objects.bulk_create([EndedClient(client=each, seen_at=now) for each in fresh]))


def _due(now: datetime) -> QuerySet[EndedClient]:
    """Of all clients."""
    live = Q(state__in=(*IN_FORCE, ContractState.ACCEPTED))
    draft = Q(state=ContractState.DRAFTED, made_at__gt=now - DRAFT_KEEPS)
    open_offer = Q(state=ContractState.SENT) & (Q(valid_until=None) | Q(valid_until__gte=today()))
    living = Contract.objects.filter(live | draft | open_offer, client=OuterRef("client"))
    is_over = Q(client__state_since__lte=now - LOOKED_AT) | Q(client__state_since=None, seen_at__lte=now - LOOKED_AT)
    is_left = Q(done_at=None) | Q(done_at__lte=now - AGAIN)
    ended = EndedClient.objects.filter(is_over, is_left, client__state=ServiceState.ENDED, held_at=None)
    return ended.filter(seen_at__lte=now - GRACE).exclude(Exists(living))


def _is_taken_down(row: EndedClient, now: datetime) -> bool:
    with change(by=_BY):
        client = Client.objects.select_for_update().get(pk=row.client_id)
        with scopes_disabled():  # `_due` asks of all clients.
            if not _due(now).filter(pk=row.pk).exists():  # It came back meanwhile, or is held.
                return False
        with scope(client=client):
            if not take_down(client, _ROWS_AT_ONCE, by=_BY):
                return False  # The next run goes on.
            EndedClient.objects.filter(pk=row.pk).update(done_at=now)
            return True

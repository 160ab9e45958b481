"""What may be done with held copies; each function is one change, claimed by update, recorded, ordered (1-7).

The caller has opened the client's scope, and looked at whether the actor may act for these recipients.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from django.db.models import Count, Exists, Min, OuterRef, Q

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import Change, change
from ecluse.control.keystore.services import content_key
from ecluse.control.mail.held import KEPT_DAYS, WAITING, rules_of
from ecluse.control.mail.models import CopyState, DeclinedRequest, HeldCopy, HeldMessage, NodeOrder, QuarantineRules
from ecluse.control.mail.orders import ANSWERED_WITHIN_S, LIVES_S, give_order
from ecluse.control.mail.permissions import Answer, may_release
from ecluse.control.policies.models import ListKind
from ecluse.control.policies.services import list_sender
from ecluse.control.tenants.models import Address, Client
from ecluse.domain.errors import EcluseError, Impossible
from ecluse.domain.held import NOT_IN_TIME
from ecluse.domain.order import DeleteOrder, OrderKind, ReleaseOrder, Releaser, RescanOrder

DAY_S = 86_400.0
PURGED_AT_ONCE = 200
MAX_REASON = 300


class NotAllowed(EcluseError):
    """The client's rules, or the message's class, forbid it."""


def release(
    held: Iterable[HeldCopy],
    client: Client,
    *,
    channel: Releaser,
    by: Actor,
    allows_sender: bool = False,
    is_reported: bool = False,
) -> int:
    """Let copies go to exactly their recipients, once; how many were still here.

    With `allows_sender` the sender is on the recipient's own list from now on, or the client's when an administrator
    says so; with `is_reported` the release says that blocking was wrong. Raises `NotAllowed`, `Impossible`: then nothing
    was done.
    """
    with change(by=by) as act:
        claimed = _claimed(held, client, channel, by, is_reported=is_reported)
        for message, mine in _by_message(claimed).items():
            _order_release(act, client, message, mine, channel)
            for copy in mine:
                act.record("message.released", copy, client_id=client.pk, after=_told(copy, channel.value))
                if allows_sender:
                    _list(client, copy, ListKind.ALLOW, channel, by)
        return len(claimed)


def delete(held: Iterable[HeldCopy], client: Client, *, by: Actor, reason: str = "") -> int:
    """Take copies away for good; how many were still here. Of outbound mail its node tells the sender, with the reason."""
    with change(by=by) as act:
        return _delete(act, held, client, by, reason[:MAX_REASON])


def block(held: Iterable[HeldCopy], client: Client, *, channel: Releaser, by: Actor) -> int:
    """Take copies away and their senders off: on the recipient's own list, or the client's. Raises `NotAllowed`."""
    copies = list(held)
    with change(by=by) as act:
        for copy in copies:
            _list(client, copy, ListKind.BLOCK, channel, by)
        return _delete(act, copies, client, by)


def ask(held: Iterable[HeldCopy], client: Client, *, by: Actor) -> int:
    """A recipient asks an administrator to release his copies; how many were still here. Raises `NotAllowed`."""
    rules, asked = rules_of(client), 0
    with change(by=by) as act:
        for copy in held:
            if _answer(copy, Releaser.RECIPIENT, rules) is Answer.NO:
                raise NotAllowed("this class of mail is not released")
            if _claim(copy, (CopyState.HELD,), state=CopyState.ASKED):
                act.record("message.release-asked", copy, client_id=client.pk, after=_told(copy, ""))
                asked += 1
    return asked


def decline(held: Iterable[HeldCopy], client: Client, *, by: Actor, reason: str = "") -> int:
    """An administrator leaves them where they are; who approves calls `release`. How many had been asked for.

    A job tells the recipients, with the reason: `declined.py`.
    """
    declined, why = 0, {"reason": reason[:MAX_REASON]}
    with change(by=by) as act:
        for copy in held:
            if _claim(copy, (CopyState.ASKED,), state=CopyState.HELD):
                DeclinedRequest.objects.create(client=client, copy=copy, at=time.time(), **why)
                act.record("message.release-declined", copy, client_id=client.pk, after=_told(copy, "") | why)
                declined += 1
    return declined


def rescan(held: Iterable[HeldCopy], client: Client, *, by: Actor) -> int:
    """Have messages judged anew by today's signatures and rules, while they are held; how many copies they are.

    Their node's answer stands beside them. Raises `Impossible` where the client's keys were destroyed.
    """
    copies = [copy for copy in held if copy.state in WAITING]
    with change(by=by) as act:
        for message, mine in _by_message(copies).items():
            _order(act, client, OrderKind.RESCAN, message, mine, RescanOrder(_key(client, message)))
            for copy in mine:
                act.record("message.rescanned", copy, client_id=client.pk, after=_told(copy, ""))
    return len(copies)


def set_rules(client: Client, *, by: Actor, **wishes: object) -> QuarantineRules:
    """What users and senders may do, and how long copies are kept. Raises `Impossible` beyond 30 days (15-4)."""
    if not 1 <= int(str(wishes.get("keep_days", KEPT_DAYS))) <= KEPT_DAYS:
        raise Impossible(f"held mail is kept for 1 to {KEPT_DAYS} days")
    with change(by=by) as act:
        rules = rules_of(client)
        before = {name: getattr(rules, name) for name in wishes}
        for name, value in wishes.items():
            setattr(rules, name, value)
        rules.save()
        act.record("quarantine.rules-set", rules, client_id=client.pk, before=before, after=dict(wishes))
        return rules


def purge(client: Client, now: float, *, by: Actor) -> int:
    """End what is older than the client's term: ordered of the nodes, whose own clock ends all at 30 days (15-4)."""
    over = HeldCopy.objects.filter(
        message__received_at__lt=now - rules_of(client).keep_days * DAY_S, state__in=WAITING
    ).select_related("message")
    ended = 0
    # A change holds the lock of the whole installation until it ends: many short ones.
    while batch := list(over[:PURGED_AT_ONCE]):
        with change(by=by) as act:
            ended += _delete(act, batch, client, by, NOT_IN_TIME)
    return ended


def clients_to_purge(now: float) -> set[int]:
    """Keys of those of which something is older than their term; asked for at once. Over all clients, without scopes."""
    terms = dict(QuarantineRules.objects.values_list("client_id", "keep_days"))
    waiting = HeldCopy.objects.filter(state__in=WAITING).order_by().values_list("client_id")
    oldest = waiting.annotate(Min("message__received_at"))
    return {client for client, at in oldest if at < now - terms.get(client, KEPT_DAYS) * DAY_S}


def forget(now: float) -> int:
    """Delete the rows of what ended, 30 days after it came; how many messages. Over all clients, without scopes.

    Of a node that never came back nobody hears: what it held ends with the last order that it might have carried out.
    """
    old = now - KEPT_DAYS * DAY_S
    waits = HeldCopy.objects.filter(message=OuterRef("pk"), state__in=WAITING)
    ended = HeldMessage.objects.filter(
        ~Exists(waits) | Q(received_at__lt=old - LIVES_S - ANSWERED_WITHIN_S), received_at__lt=old
    )
    deleted = ended.count()
    ended.delete()
    return deleted


def _claimed(
    held: Iterable[HeldCopy], client: Client, channel: Releaser, by: Actor, *, is_reported: bool
) -> list[HeldCopy]:
    """Those that nobody else has taken meanwhile. Raises `NotAllowed` when one of them may not go."""
    rules, claimed = rules_of(client), []
    for copy in held:
        if is_reported:
            _demand_inbound(copy)
        if _answer(copy, channel, rules) is not Answer.YES:
            raise NotAllowed("this message may not be released this way")
        ended = {"channel": channel.value, "ended_by": str(by), "ended_at": time.time(), "is_reported": is_reported}
        if _claim(copy, WAITING, state=CopyState.RELEASING, **ended):
            claimed.append(copy)
    return claimed


def _claim(copy: HeldCopy, states: tuple[str, ...], **values: object) -> bool:
    """Two who act at once: the update of one of them finds nothing."""
    return bool(HeldCopy.objects.filter(pk=copy.pk, state__in=states).update(**values))


def _answer(copy: HeldCopy, channel: Releaser, rules: QuarantineRules) -> Answer:
    return may_release(channel, copy.message, copy.category, rules)


def _by_message(held: Iterable[HeldCopy]) -> dict[HeldMessage, list[HeldCopy]]:
    found: dict[HeldMessage, list[HeldCopy]] = defaultdict(list)
    for copy in held:
        found[copy.message].append(copy)
    return found


def _order_release(
    act: Change, client: Client, message: HeldMessage, mine: list[HeldCopy], channel: Releaser
) -> NodeOrder:
    body = ReleaseOrder(tuple(sorted(copy.recipient for copy in mine)), channel, _key(client, message))
    return _order(act, client, OrderKind.RELEASE, message, mine, body)


def _key(client: Client, message: HeldMessage) -> bytes:
    """What opens it; b"" where it is not sealed. Raises `Impossible`."""
    return content_key(client, bytes(message.seal), message.id) if message.seal else b""


def _key_if_there(client: Client, message: HeldMessage) -> bytes:
    """Its sender sees by it which message it was; without it he hears of the end all the same."""
    with suppress(Impossible):
        return _key(client, message)
    return b""


def _delete(act: Change, held: Iterable[HeldCopy], client: Client, by: Actor, reason: str = "") -> int:
    ended = {"state": CopyState.DELETING, "ended_by": str(by), "ended_at": time.time()}
    claimed = [copy for copy in held if _claim(copy, WAITING, **ended)]
    for message, mine in _by_message(claimed).items():
        body = DeleteOrder(tuple(sorted(copy.recipient for copy in mine)))
        if message.is_outbound:
            body = replace(body, reason=reason, content_key=_key_if_there(client, message))
        _order(act, client, OrderKind.DELETE, message, mine, body)
        for copy in mine:
            after = {"reason": reason} if message.is_outbound else None
            act.record("message.deleted", copy, client_id=client.pk, before=_told(copy, ""), after=after)
    return len(claimed)


def _order(
    act: Change, client: Client, kind: OrderKind, message: HeldMessage, mine: list[HeldCopy], body: object
) -> NodeOrder:
    order = give_order(act, client, message.node, kind, message.id, body)
    HeldCopy.objects.filter(pk__in=[copy.pk for copy in mine]).update(order=order)
    return order


def _list(client: Client, copy: HeldCopy, kind: ListKind, channel: Releaser, by: Actor) -> None:
    _demand_inbound(copy)
    sender = copy.message.sender
    if not sender:
        raise NotAllowed("this message has no sender that a list could name")
    address = None
    if channel is not Releaser.ADMINISTRATOR:
        address = Address.objects.filter(key=copy.recipient).first()
        if address is None:
            raise NotAllowed("this address has no list of its own")
    list_sender(client, kind, sender, sender.casefold(), address=address, note="quarantine", by=by)


def _demand_inbound(copy: HeldCopy) -> None:
    """No list is about the client's own people, and no verdict about them was wrong: a rule of the client's holds."""
    if copy.message.is_outbound:
        raise NotAllowed("this message is the client's own")


def _told(copy: HeldCopy, channel: str) -> dict[str, object]:
    """What the trail says of it: no content (15-8)."""
    told: dict[str, object] = {"message": copy.message_id, "recipient": copy.recipient, "class": copy.category}
    return told | ({"channel": channel} if channel else {})


def count_by_channel(since: float) -> dict[str, int]:
    """How many copies each channel has released since then, in the open scope (1-9: they count differently)."""
    released = HeldCopy.objects.filter(state__in=(CopyState.RELEASING, CopyState.RELEASED), ended_at__gte=since)
    found = dict(released.order_by().values_list("channel").annotate(Count("pk")))
    return {each.value: found.get(each.value, 0) for each in Releaser}

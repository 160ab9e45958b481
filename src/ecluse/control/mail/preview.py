"""Looking into a held message: its node sends it up sealed, and what people see of it cannot act."""

from __future__ import annotations

import html
from dataclasses import dataclass

from ecluse.control.audit.actor import Actor
from ecluse.control.audit.change import change
from ecluse.control.keystore.services import content_key
from ecluse.control.mail.models import HeldCopy, HeldMessage, NodeOrder
from ecluse.control.mail.orders import give_order
from ecluse.control.tenants.models import Client
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Impossible
from ecluse.domain.order import OrderKind, Outcome
from ecluse.filtering.body import TextPart, read_body
from ecluse.wire.html.safe import safe_html
from ecluse.wire.mime.fields import split_head
from ecluse.wire.mime.words import decode_words
from ecluse.wire.sealing.content import OpenedContent

LIVES_S = 120.0  # Somebody waits for it.
ANSWERS_KEPT_S = 3_600.0
_FIELDS = (b"from", b"to", b"cc", b"date", b"subject")
_MAX_FIELD = 2_000


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown of a message."""

    fields: tuple[tuple[str, str], ...]  # Name and value, decoded.
    page: str  # Safe HTML: no script, form, frame, style or remote picture is left.
    is_whole: bool  # False: it was too large, and this is its beginning.


def order_preview(copy: HeldCopy, client: Client, *, by: Actor) -> NodeOrder:
    """Have the node send the message up; who looks is recorded (14-3). The caller has looked at whether he may."""
    with change(by=by) as act:
        order = give_order(act, client, copy.message.node, OrderKind.FETCH, copy.message_id, lives_s=LIVES_S)
        told = {"message": copy.message_id, "recipient": copy.recipient}
        act.record("message.previewed", copy, client_id=client.pk, after=told)
        return order


def preview_of(order: NodeOrder, message: HeldMessage, client: Client) -> Preview | None:
    """What the node has sent; None while it has not. Raises `Impossible` where it cannot be shown."""
    if order.answered_at is None:
        return None
    if order.outcome != Outcome.DONE or order.answer is None or order.target != message.id:
        raise Impossible(order.text or "the node did not send it")
    octets, is_whole = _opened(bytes(order.answer), int(order.text.split(" ")[0]), message, client)
    content = MemoryContent(octets)
    section = split_head(content)
    fields = ((name, section.first(name)) for name in _FIELDS)
    shown = tuple((name.decode(), decode_words(field.value[:_MAX_FIELD])) for name, field in fields if field)
    return Preview(shown, _page(read_body(content, section).texts), is_whole)


def erase_answers(now: float) -> int:
    """What was sent up to be looked at is erased after an hour (15-4); how many. Over all clients, without scopes."""
    old = NodeOrder.objects.filter(kind=OrderKind.FETCH, answered_at__lt=now - ANSWERS_KEPT_S, answer__isnull=False)
    return old.update(answer=None)


def _opened(octets: bytes, size: int, message: HeldMessage, client: Client) -> tuple[bytes, bool]:
    """The message's octets, or its beginning. `size` is what the node holds."""
    is_whole = len(octets) == size
    if not message.seal:
        return octets, is_whole
    opened = OpenedContent(MemoryContent(octets), content_key(client, bytes(message.seal), message.id), message.id)
    return (opened.slice(0, opened.size) if is_whole else opened.beginning()), is_whole


def _page(texts: tuple[TextPart, ...]) -> str:
    """The page that the author made, or else his plain text."""
    chosen = [text for text in texts if text.is_html] or list(texts)
    return "".join(safe_html(one.text) if one.is_html else f"<pre>{html.escape(one.text)}</pre>" for one in chosen[:5])

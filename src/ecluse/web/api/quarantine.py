"""The quarantine: what is held for a client's people, and what may be done with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Literal

from django.http import Http404
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail import held, objections, preview, quarantine
from ecluse.control.mail.held import HeldCopy, Opener
from ecluse.control.mail.orders import find_order, state_of
from ecluse.domain.errors import Unavailable
from ecluse.domain.incoming import Direction
from ecluse.domain.order import Releaser
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.pages import Asked, Page, page_of
from ecluse.web.backends import backends
from ecluse.web.pages import or_404

router = Router(tags=["Quarantine"])

MOST_AT_ONCE = 500


class Act(StrEnum):
    """What is done with held copies."""

    RELEASE = "release"  # Outbound: approve.
    RELEASE_ALLOW = "release-allow"  # Its sender is on the client's allow list from now on.
    RELEASE_REPORT = "release-report"  # Blocking it was wrong.
    DELETE = "delete"  # Outbound: refuse.
    BLOCK = "block"  # Delete, and the sender is on the client's block list.
    RESCAN = "rescan"  # Judged anew, by today's signatures and rules; it stays held.
    DECLINE = "decline"  # Who asked for a release does not get it.


_ACTS: dict[Act, Callable[..., int]] = {
    Act.RELEASE: partial(quarantine.release, channel=Releaser.ADMINISTRATOR),
    Act.RELEASE_ALLOW: partial(quarantine.release, channel=Releaser.ADMINISTRATOR, allows_sender=True),
    Act.RELEASE_REPORT: partial(quarantine.release, channel=Releaser.ADMINISTRATOR, is_reported=True),
    Act.DELETE: quarantine.delete,
    Act.BLOCK: partial(quarantine.block, channel=Releaser.ADMINISTRATOR),
    Act.RESCAN: quarantine.rescan,
    Act.DECLINE: quarantine.decline,
}
_WITH_REASON = frozenset({Act.DECLINE, Act.DELETE})
_STATES: dict[str, tuple[str, ...]] = {
    "waiting": held.WAITING,
    "asked": ("asked",),
    "released": ("releasing", "released"),
    "deleted": ("deleting", "deleted"),
}


class CopyOut(BaseModel):
    """A held message as one of its recipients has it."""

    id: int
    message_id: str
    received_at: datetime
    sender: str
    recipient: str
    direction: Direction = Field(description="outbound: it waits for an administrator's approval.")
    category: str
    state: str
    reason: str
    codes: list[str]
    size: int
    channel: str = Field(description='By whom it was released; "" for nobody.')
    author: str = Field(description='"" without the scope see-content.')
    subject: str = Field(description='"" without the scope see-content.')
    order: str | None = Field(description="What became of the order to its node: pending, done, failed, expired.")


class ActIn(BaseModel):
    """What is to be done, with which copies: all of them, or nothing where one may not be treated so."""

    model_config = ConfigDict(extra="forbid")
    act: Act
    reason: Annotated[
        str,
        Field(
            max_length=quarantine.MAX_REASON, description="Of decline, and of delete where it is outbound: it is told."
        ),
    ] = ""
    copies: Annotated[list[Annotated[int, Field(ge=1, lt=2**63)]], Field(min_length=1, max_length=MOST_AT_ONCE)]


class DoneOut(BaseModel):
    """How many were still there; their nodes carry it out within seconds."""

    ordered: int
    is_reported: bool | None = Field(
        default=None,
        description="null but for `release-report`. false: the log is away or behind; say so later by `/log/{message_id}/objections`.",
    )


class LookOut(BaseModel):
    """The message is on its way up from its node."""

    order_id: str


class PreviewOut(BaseModel):
    """What people may see of the message."""

    is_here: bool = Field(description="false: its node has not sent it yet; ask again in a second.")
    is_whole: bool = True
    fields: dict[str, str] = {}
    html: str = Field(
        default="",
        description="Without script, form, frame, style and remote pictures; show it in a sandbox all the same.",
    )


class HeldAsked(Asked):
    """Which copies."""

    q: Annotated[texts.Search, Field(description="A part of sender or recipient.")] = ""
    category: Literal["Q", "M", "P"] | None = None
    direction: Direction = Direction.INBOUND
    state: Literal["waiting", "asked", "released", "deleted"] = "waiting"


@operation(router, "GET", "/quarantine", Permission.SEE_LOG)
def list_held(call: Call, asked: Query[HeldAsked]) -> Page[CopyOut]:
    """What is held, the newest first."""
    search = held.Search(
        anybody=asked.q, category=asked.category or "", direction=asked.direction, states=_STATES[asked.state]
    )
    return page_of(held.copies(search), asked, partial(_copy, _opener(call)), newest_first=True)


@operation(router, "GET", "/quarantine/{int:copy_id}", Permission.SEE_LOG)
def show_held(call: Call, copy_id: int) -> CopyOut:
    """One copy, whatever became of it."""
    return _copy(_opener(call), _find(copy_id))


@operation(router, "POST", "/quarantine/acts", Permission.RELEASE)
def act_on_held(call: Call, body: ActIn) -> DoneOut:
    """Release, delete, block or decline; a release is searched for viruses once more, by the node.

    A copy that is not the client's is as one that is not there: it is not counted.
    """
    copies = list(held.find_copies(body.copies))
    more = {"reason": body.reason} if body.act in _WITH_REASON else {}
    ordered = _ACTS[body.act](copies, call.client, by=call.by, **more)
    is_reported = _report(call, copies) if copies and body.act is Act.RELEASE_REPORT else None
    return DoneOut(ordered=ordered, is_reported=is_reported)


@operation(router, "POST", "/quarantine/{int:copy_id}/previews", Permission.SEE_CONTENT, status=202)
def order_preview(call: Call, copy_id: int) -> LookOut:
    """Have the message sent up by its node; that somebody looks is recorded."""
    return LookOut(order_id=preview.order_preview(_find(copy_id), call.client, by=call.by).pk)


@operation(router, "GET", "/quarantine/{int:copy_id}/previews/{order_id}", Permission.SEE_CONTENT)
def show_preview(call: Call, copy_id: int, order_id: Annotated[str, Field(max_length=64)]) -> PreviewOut:
    """The message, once its node has sent it."""
    copy, order = _find(copy_id), find_order(order_id)
    if order is None or order.target != copy.message_id:
        raise Http404
    seen = preview.preview_of(order, copy.message, call.client)
    if seen is None:
        return PreviewOut(is_here=False)
    return PreviewOut(is_here=True, is_whole=seen.is_whole, fields=dict(seen.fields), html=seen.page)


def _report(call: Call, copies: list[HeldCopy]) -> bool:
    """Whether all could be noted; where the message log is away the release stands, and the copy is marked all the same."""
    try:
        return objections.raise_reported(backends().message_log(), copies, call.client, by=call.by, is_user=False)
    except Unavailable:
        return False


def _find(copy_id: int) -> HeldCopy:
    return or_404(held.find_copies([copy_id]).first())


def _opener(call: Call) -> Opener | None:
    """Author and subject are content: only who may see that opens them (14-2)."""
    return held.opener_of(call.client) if call.grant.allows(Permission.SEE_CONTENT) else None


def _copy(opener: Opener | None, copy: HeldCopy) -> CopyOut:
    message = copy.message
    words = held.summary_of(message, opener)
    return CopyOut(
        id=copy.pk,
        message_id=message.id,
        received_at=message.when,
        sender=message.sender,
        recipient=copy.recipient,
        direction=Direction(message.direction),
        category=copy.category,
        state=copy.state,
        reason=message.reason,
        codes=sorted(held.codes_of(message)),
        size=message.size,
        channel=copy.channel,
        author=words.author,
        subject=words.subject,
        order=None if copy.order is None else state_of(copy.order).value,
    )

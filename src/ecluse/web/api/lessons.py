"""What messages were that have passed and are held nowhere: a program brings the octets, and the client's model learns."""

from __future__ import annotations

import time
from base64 import b64decode
from typing import Annotated

from django.http import Http404
from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from ecluse.control.accounts.roles import Permission
from ecluse.control.mail import log as mail_log
from ecluse.control.mail.told import Word, node_of, tell_node
from ecluse.control.operation.nodes import find_node
from ecluse.domain.ids import is_id
from ecluse.domain.incoming import Direction
from ecluse.domain.language import Language
from ecluse.web.api import texts
from ecluse.web.api.callers import Call
from ecluse.web.api.operations import operation
from ecluse.web.api.problems import CONFLICT, TOO_OFTEN, Problem, invalid
from ecluse.web.backends import backends
from ecluse.web.limits import Limit
from ecluse.web.pages import or_404

router = Router(tags=["Message log"])

MAX_BASE64 = 1_000_000  # Characters: a whole body has 1,048,576.
LESSONS = Limit("api-lessons", 200, 86_400)  # By client: so many of this channel a node learns in a day.


class LessonIn(BaseModel):
    """One recipient's word."""

    model_config = ConfigDict(extra="forbid")
    recipient: texts.Mailbox
    is_spam: bool
    message: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_BASE64,
            description="The whole message out of the mailbox, in base64: its own octets, our Received field among them.",
        ),
    ]


class LessonOut(BaseModel):
    """What is on its way to the node."""

    message_id: str
    recipient: str
    is_spam: bool


@operation(router, "POST", "/log/{message_id}/lessons", Permission.REPORT_VERDICTS, status=202)
def teach_message(call: Call, message_id: Annotated[str, Field(max_length=64)], body: LessonIn) -> LessonOut:
    """One of its recipients says what an inbound message was; the client's model learns of it within seconds.

    Nothing of its text is kept. At most 200 a day; each recipient's word counts as his own mail to a feedback address
    would: what is far from the model waits for a second one.
    """
    call.demand_client_side()
    story, recipient = _story(call, message_id), body.recipient.casefold()
    if recipient not in {each.address.casefold() for each in story.message.recipients.values()}:
        raise invalid("body.recipient", "no recipient of this message")
    octets = _octets(body.message)
    node = node_of(octets, message_id)
    if node is None:
        raise invalid("body.message", "its Received fields do not name this message: it is another one, or was changed")
    if find_node(node, timezone.now()) is None:
        raise Problem(CONFLICT, "The node that passed it on is not in service any more.")
    if LESSONS.is_reached(str(call.client.pk)):
        raise Problem(TOO_OFTEN, wait_s=LESSONS.within_s)
    tell_node(story, call.client, Word(recipient, body.is_spam, octets), node, by=call.by)
    return LessonOut(message_id=message_id, recipient=recipient, is_spam=body.is_spam)


def _story(call: Call, message_id: str) -> mail_log.Story:
    """Of inbound mail: what the client sends teaches nothing."""
    if not is_id(message_id):
        raise Http404
    log = backends().message_log()
    story = or_404(mail_log.story(log, call.client.name, message_id, Language.ENGLISH, time.time()))
    if story.message.direction != Direction.INBOUND:
        raise invalid("message_id", "what the client sends teaches nothing")
    return story


def _octets(text: str) -> bytes:
    try:
        octets = b64decode(text, validate=True)
    except ValueError:
        raise invalid("body.message", "not base64") from None
    # As SMTP carried it: a mailbox may have the line ends of Unix.
    return octets if b"\r" in octets else octets.replace(b"\n", b"\r\n")

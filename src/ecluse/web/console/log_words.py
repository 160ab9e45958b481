"""What the words of the message log are called in people's languages, and how they are coloured."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from ecluse.domain.event import Ending, Stage
from ecluse.domain.incoming import Direction
from ecluse.domain.verdict import Category

FATES = {
    Ending.RELAYED: gettext_lazy("delivered at once"),
    Ending.SPOOLED: gettext_lazy("waiting"),
    Ending.HELD: gettext_lazy("kept aside"),
    Ending.REFUSED: gettext_lazy("refused"),
    Ending.DEFERRED: gettext_lazy("put off"),
    Ending.DELIVERED: gettext_lazy("delivered"),
    Ending.BOUNCED: gettext_lazy("returned to sender"),
    Ending.EXPIRED: gettext_lazy("expired"),
    Ending.DELETED: gettext_lazy("deleted"),
    Ending.REJECTED_BY_NEXT_HOP: gettext_lazy("refused by your server"),
}
COLOURS = {"2": "success", "4": "warning", "5": "danger"}  # By the first digit of an answer, as the trade knows them.
CATEGORIES = {
    Category.PERMANENT: gettext_lazy("P: refused for good"),
    Category.QUARANTINE: gettext_lazy("Q: may be released"),
    Category.MASS: gettext_lazy("M: mass mailing"),
    Category.NOT_FILTERED: gettext_lazy("N: not filtered"),
}
DIRECTIONS = {Direction.INBOUND: gettext_lazy("received"), Direction.OUTBOUND: gettext_lazy("sent")}
ANSWERS = {
    "2": gettext_lazy("2xx: taken"),
    "4": gettext_lazy("4xx: put off"),
    "5": gettext_lazy("5xx: refused"),
}
STAGES = {
    Stage.INTENT: gettext_lazy("handed to your server"),
    Stage.OUTCOME: gettext_lazy("answered to its sender"),
    Stage.DELIVERY: gettext_lazy("delivery attempt"),
}
LAPS = {
    "evidence": gettext_lazy("examined"),
    "verdict": gettext_lazy("judged"),
    "act": gettext_lazy("your server asked"),
    "record": gettext_lazy("recorded"),
}

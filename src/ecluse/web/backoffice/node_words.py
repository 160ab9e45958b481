"""What may be wrong with a node, in words, and what to do then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.control.operation.nodes import Trouble


@dataclass(frozen=True, slots=True)
class TroubleWords:
    """Both translated when shown."""

    name: str | Promise
    advice: str | Promise


TROUBLES: Mapping[Trouble, TroubleWords] = MappingProxyType(
    {
        Trouble.AWAY: TroubleWords(
            _("away"),
            _(
                "It has not reported for more than a minute. Ask its /health: if it answers, mail flows, and only the way to "
                "the control database is broken. If not, the other nodes take its mail: look at “systemctl status "
                "ecluse-mta” there. What was ordered waits for it, a week at most; what lies in its spool is safe."
            ),
        ),
        Trouble.UNREADABLE: TroubleWords(
            _("later release"),
            _("Its report is of a later release than this console's, and cannot be read: upgrade the console."),
        ),
        Trouble.NO_POLICY: TroubleWords(
            _("no policy"),
            _("It cannot read its policy and takes no mail. “ecluse doctor” on it says why."),
        ),
        Trouble.NO_ROOM: TroubleWords(
            _("disk full"),
            _("Every sender hears 452 and tries again later. Free the disk: see EcluseNoRoom in the runbook."),
        ),
        Trouble.LOW_ROOM: TroubleWords(
            _("disk nearly full"),
            _("Less than twice the reserve is free. Look for a long queue, and for what else lies on its disk."),
        ),
        Trouble.BEHIND: TroubleWords(
            _("old policy"),
            _(
                "It has not taken what was changed lately, though it reports. Its log says why: look for “control plane out "
                "of reach” and “policy store”."
            ),
        ),
        Trouble.LOG_LATE: TroubleWords(
            _("log late"),
            _(
                "What happens there is not in the message log yet. Nothing is lost, its journal keeps it: see "
                "EcluseLogOutOfReach in the runbook."
            ),
        ),
        Trouble.CLOCK: TroubleWords(
            _("clock off"),
            _("Its clock and the database's differ. Signatures and time limits go wrong: look at its time service."),
        ),
        Trouble.LISTED: TroubleWords(
            _("on a blacklist"),
            _(
                "A DNS list names an address from which it sends, and many servers refuse its mail for that. Its log says "
                "which: see EcluseOwnAddressListed in the runbook."
            ),
        ),
        Trouble.COUNTS_ALONE: TroubleWords(
            _("counts alone"),
            _("It has lost the server where nodes count together. Mail flows; limits count on this node by itself."),
        ),
        Trouble.QUEUE_OLD: TroubleWords(
            _("old queue"),
            _("A message has waited for more than four hours. The page of queues says for whom, and why."),
        ),
    }
)

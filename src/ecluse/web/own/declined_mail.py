"""The mail that tells a user why his held message was not released."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from ecluse.control.mail.declined import Declined
from ecluse.web.letters import letter
from ecluse.wire.letters import Letter


def declined_mail(declined: Declined) -> Letter:
    """To its recipient alone."""
    page = reverse("own_message", args=[declined.client_id, declined.copy_id])
    values = {"declined": declined, "page": f"{settings.ECLUSE_URL}{page}"}
    return letter(
        declined.recipient,
        declined.language,
        lambda: _("Your held message stays held"),
        "own/declined_mail.txt",
        values,
    )

"""The mail that brings an invitation."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from ecluse.control.accounts.mailed_invitations import MailedInvitation
from ecluse.web.letters import letter
from ecluse.wire.letters import Letter


def invitation_mail(invitation: MailedInvitation) -> Letter:
    """To the address that is invited."""
    address = f"{settings.ECLUSE_URL}{reverse('join', args=[invitation.secret])}"
    values = {"invitation": invitation, "link": address}
    return letter(
        invitation.email, invitation.language, lambda: _("Your invitation"), "sign_in/invitation_mail.txt", values
    )

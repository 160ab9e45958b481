"""The mail that tells a sender where he may free his held messages, in both languages: nobody knows his."""

from __future__ import annotations

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from ecluse.control.mail.challenges import Challenge
from ecluse.domain.language import Language
from ecluse.web.letters import OUR_NAME, ascii_address, our_address
from ecluse.wire.letters import Letter

_LINE = 40 * "-"


def challenge_mail(challenge: Challenge) -> Letter:
    """To the sender alone; the client's language first."""
    languages = sorted(Language, key=lambda each: each != challenge.language)
    with translation.override(languages[0]):
        subject = _("Your message waits to be released")
    return Letter(
        OUR_NAME,
        our_address(),
        ascii_address(challenge.sender),
        subject,
        f"\n{_LINE}\n\n".join(_text(challenge, each) for each in languages),
        fields=(("Auto-Submitted", "auto-replied"),),  # RFC 3834 section 5.
        is_answer=True,
    )


def _text(challenge: Challenge, language: Language) -> str:
    messages = [
        {
            "received": each.received,
            "domains": each.domains,
            "subject": each.subject,
            "link": f"{settings.ECLUSE_URL}{reverse('release', args=[each.secret])}",
        }
        for each in challenge.messages
    ]
    with translation.override(language):
        return render_to_string("release/challenge_mail.txt", {"messages": messages})

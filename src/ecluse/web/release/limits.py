"""How often a blocked sender may look and try."""

from __future__ import annotations

from ecluse.web.limits import Limit

LOOKS = Limit("release-looks", 60, 600)  # By network address: nobody guesses a secret.
TRIES = Limit("release-tries", 20, 600)  # By network address.
LINKS_OF_A_RECIPIENT = Limit("digest-links", 600, 3_600)  # Of links that are ours: nobody guesses a signature.
TRIES_OF_A_MESSAGE = Limit("release-message", 15, 3_600)

"""Where mail to the provider's support is dealt with."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.support_mail import SupportMail


class SupportDesk(Protocol):
    """Told by the agent."""

    def add(self, mail: SupportMail) -> bool:
        """Say what came; False for one that is known. Raises `Unavailable`."""
        ...

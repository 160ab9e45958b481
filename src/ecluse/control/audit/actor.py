"""Who does something: a person, a job, or a key of the API."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_BEHALF = 300  # Characters.


class ActorKind(StrEnum):
    """What kind of actor."""

    PERSON = "person"
    API_KEY = "api-key"
    JOB = "job"
    COMMAND = "command"  # The command line of the installation.


@dataclass(frozen=True, slots=True)
class Actor:
    """Who answers for an act (4-5)."""

    kind: ActorKind
    name: str  # A person's sign-in name, an API key's label, a job's or a command's name.
    id: int | None = None  # Of the person or the key.
    ip: str = ""  # Where the request came from; "" for none.
    on_behalf_of: str = ""  # Whom a provider's person impersonates, with the reason given (14-3).

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

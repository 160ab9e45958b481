"""The two failures of the outside world, and the errors of people who configure us.

Adapters turn driver errors into `Unavailable` or `Impossible`; only the border (acceptance, a delivery attempt,
the command line) catches them and picks the reply. Anything else is our bug: logged, answered 451, counted.
"""

from __future__ import annotations

from dataclasses import dataclass


class EcluseError(Exception):
    """The base of all errors that we raise on purpose."""


class Unavailable(EcluseError):
    """Something we need does not answer now; trying again later may help."""


class Refused(Unavailable):
    """Who was asked has said no for good: later he will say the same."""


class InUse(Unavailable):
    """Somebody else has it in hand at this moment, and soon no more."""


class NoRoom(Unavailable):
    """The disk is full, or nearly so: nothing may be accepted."""


class Impossible(EcluseError):
    """Something we were asked for can never be done; trying again will not help."""


# Not frozen: `contextlib` sets `__traceback__` on an exception that passes through a `with` block.
@dataclass(eq=False)
class BadConfig(EcluseError):
    """A configuration file that we will not start with."""

    file: str
    line: int  # 1-based; 0 where no line can be named (a missing file).
    key: str  # Dotted path, "inbound.listen[0]"; "" for the file as a whole.
    expected: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: {self.expected}" if self.key else f"{place}: {self.expected}"

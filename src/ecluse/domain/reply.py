"""An SMTP reply, ours or the next hop's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Reply:
    """One SMTP reply; the enhanced code takes its class from `code` (RFC 5321 section 4.2, RFC 2034)."""

    code: int
    detail: str  # "7.1": subject and detail of RFC 3463, without the class; "" where a reply carries none.
    text: str  # One line, or several joined by "\n".

    def __str__(self) -> str:
        return f"{self.code} {self._enhanced}{self.text}"

    @property
    def is_positive(self) -> bool:
        """2xx: done."""
        return self.code // 100 == 2

    @property
    def is_temporary(self) -> bool:
        """4xx: try again later."""
        return self.code // 100 == 4

    @property
    def is_permanent(self) -> bool:
        """5xx: do not try again."""
        return self.code // 100 == 5

    @property
    def status(self) -> str:
        """The enhanced status code of RFC 3463, also where the reply itself carries none."""
        return f"{self.code // 100}.{self.detail or '0.0'}"

    @property
    def wire(self) -> bytes:
        """The octets to send, every line with its code (RFC 5321 section 4.2.1)."""
        return _wire(self.code, self._enhanced, self.text)

    @property
    def _enhanced(self) -> str:
        return f"{self.code // 100}.{self.detail} " if self.detail else ""


@lru_cache(maxsize=256)
def _wire(code: int, enhanced: str, text: str) -> bytes:
    """Most of what is sent is one of few replies."""
    lines = text.split("\n")
    last = len(lines) - 1
    return "".join(
        f"{code}{'-' if number < last else ' '}{enhanced}{line}\r\n" for number, line in enumerate(lines)
    ).encode("utf-8", "replace")

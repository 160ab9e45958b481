"""What SPF, DKIM, ARC and DMARC say about a message, frozen into the evidence (RFC 7208, 6376, 8617, 9989)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpfFacts:
    """The check of the envelope sender, or of HELO where that is null."""

    result: str  # "pass", "fail", "softfail", "neutral", "none", "temperror", "permerror".
    domain: str  # Whose record was asked for.
    identity: str  # "mailfrom" or "helo".
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """One DKIM signature."""

    domain: str
    selector: str
    result: str  # "pass", "fail", "neutral", "policy", "temperror", "permerror".
    reason: str = ""
    algorithm: str = ""
    key_bits: int = 0
    start: str = ""  # The first characters of b=, which tell two signatures apart (RFC 6008).
    has_unsigned_body: bool = False  # Octets behind l=: anybody may have added them.
    unsigned: tuple[str, ...] = ()  # Fields that readers see and that are not signed.


@dataclass(frozen=True, slots=True)
class ArcFacts:
    """The chain of those who forwarded the message."""

    result: str  # "none", "pass", "fail".
    oldest_pass: int = 0
    sealers: tuple[str, ...] = ()  # The first hop's first; proven only where the result is "pass".
    reason: str = ""
    vouched: tuple[str, ...] = ()  # Whom the first hop saw stand behind the message; proven likewise.


@dataclass(frozen=True, slots=True)
class DmarcFacts:
    """Whether the author's domain stands behind the message."""

    result: str  # "none", "pass", "fail", "temperror", "permerror".
    from_domain: str = ""
    policy: str = ""  # "none", "quarantine", "reject"; "" without a record.
    policy_domain: str = ""
    is_spf_aligned: bool = False
    is_dkim_aligned: bool = False
    reason: str = ""
    record: str = ""  # The tags of the record that applies, as `published_tags` writes them; "" without one.


@dataclass(frozen=True, slots=True)
class AuthenticationFacts:
    """All four together."""

    spf: SpfFacts
    signatures: tuple[SignatureFacts, ...]
    arc: ArcFacts
    dmarc: DmarcFacts

    @property
    def spf_domain(self) -> str:
        """The domain of the envelope sender, where SPF passed for it; "" otherwise."""
        return self.spf.domain if self.spf.result == "pass" and self.spf.identity == "mailfrom" else ""

    @property
    def dkim_domains(self) -> tuple[str, ...]:
        """The domains whose signature passed, each once."""
        return tuple(dict.fromkeys(one.domain for one in self.signatures if one.result == "pass"))

    @property
    def from_domain(self) -> str:
        """The author's domain; "" where readers may see another."""
        return "" if self.dmarc.result == "permerror" else self.dmarc.from_domain

    @property
    def is_aligned(self) -> bool:
        """Whether something that passed belongs to the author's domain."""
        return self.dmarc.is_spf_aligned or self.dmarc.is_dkim_aligned

"""What a client wants: the published policy of one of its domains."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ecluse.domain.mass import MassAction
from ecluse.domain.purge import MOST_LOG_DAYS
from ecluse.domain.sending import OwnLimits
from ecluse.domain.sending_rule import SendingRule

# market 2.4: what the original service refuses, also inside archives (part 3).
BANNED_SUFFIXES = (
    "ade adp aspx bat cab chm cmd com cpl exe hta hte ins isp jar js jse lib lnk mde msc msi msp mst pif ps1 scr sct "
    "shb sys vb vbe vbs vxd wsc wsf wsh xht xhtml "
    # What else Windows runs, mounts or installs at a double click, and nobody sends by mail for an honest reason.
    "app application appref-ms appx appxbundle bas bhx ceo diagcab diagcfg diagpkg fxp gadget hlp hpj img iqy iso its "
    "jnlp library-ms mad maf mag mam maq mas mau mav maw mda mdt mdw mdz msh msix msixbundle msu ops pcd prg ps1xml ps2 "
    "psc1 reg scf search-ms settingcontent-ms shs udl vhd vhdx vsmacros vsw wmd wmz ws xbap xll xnk"
)

# Large forwarders that verify before they seal.
TRUSTED_SEALERS = ("google.com", "microsoft.com")


class Tls(StrEnum):
    """How a connection to a next hop is protected."""

    NEVER = "never"
    MAY = "may"  # When offered; no name is checked (RFC 7435).
    MUST = "must"  # Required; no name is checked.
    VERIFY = "verify"  # Required, and the certificate must be valid for the route's host.


@dataclass(frozen=True, slots=True)
class Route:
    """One next hop."""

    host: str  # Name or IP address.
    port: int = 25
    priority: int = 10  # Lower is tried first; equals in the order written.
    tls: Tls = Tls.MAY
    is_vouched: bool = True  # By the provider: it may stand in his own networks. Else only addresses of the Internet.

    def __str__(self) -> str:
        return f"smtp://[{self.host}]:{self.port}" if ":" in self.host else f"smtp://{self.host}:{self.port}"


class ServiceState(StrEnum):
    """Whether a client is served (6-9, 3-18)."""

    ACTIVE = "active"
    SUSPENDED = "suspended"  # 451 for five days, then 550.
    ENDED = "ended"  # 550.


class Unscannable(StrEnum):
    """What becomes of content that nobody could look into, which never heals (design 1.4)."""

    REFUSE = "refuse"
    HOLD = "hold"
    DELIVER = "deliver"


@dataclass(frozen=True, slots=True)
class Policy:
    """What applies to mail for one domain of a client."""

    client: str
    domain: str  # Lower case, A-labels.
    routes: tuple[Route, ...] = ()  # In the order of trying.
    accepts_any_address: bool = False  # `addresses = "any"`: every local part exists.
    verifies_addresses: bool = False  # `addresses = "verify"`: the client's server is asked whether one exists.
    state: ServiceState = ServiceState.ACTIVE
    state_since: float = 0.0  # UTC, seconds since the epoch; 0 = since ever.
    receives_inbound: bool = True  # The client has the inbound service; is it served now? See `state` (2-5).
    is_filtered: bool = True  # False: the client switched its filter off (1-2c); viruses are still looked for.
    unfiltered: frozenset[str] = frozenset()  # `Address.key` of users for whom the client did (1-2c).
    spares_postmaster: bool = True  # Mail to postmaster@ the domain is not judged (RFC 5321 section 4.5.1).
    refuse_at: float = 15.0  # Score from which a message is refused.
    greylists: bool = False  # Mail of unclear score, up to `refuse_at`, is told to come again.
    greylist_at: float = 6.0  # Score from which that is done.
    greylists_not: frozenset[str] = frozenset()  # `Address.key` of users who want none of it.
    mass_mail: MassAction = MassAction.DELIVER
    mass_mail_of: dict[str, MassAction] = field(default_factory=dict)  # `Address.key` -> what this user wants instead.
    weights: dict[str, float] = field(default_factory=dict)  # Finding code -> this client's weight.
    banned_suffixes: frozenset[str] = frozenset(BANNED_SUFFIXES.split())
    unscannable: Unscannable = Unscannable.REFUSE
    # The market refused such files and took it back, since honest people send them (market 2.4); but delivered unseen
    # they would read as clean. Held, they are not lost.
    encrypted: Unscannable = Unscannable.HOLD
    allows_bare_newlines_from: tuple[str, ...] = ()  # Networks whose bare CR and LF are mended, not refused.
    buffers_rcpt_4xx: bool = False  # All recipients 4xx at the next hop: spool instead of relaying the answer.
    report_addresses: frozenset[str] = frozenset()  # `Address.key` of those whose mail may bring DMARC or TLS reports.
    spam_reports_to: frozenset[str] = frozenset()  # `Address.key` of those whose mail says what was spam.
    ham_reports_to: frozenset[str] = frozenset()  # The same for what was none.
    protected_names: tuple[str, ...] = ()  # Domains whose look-alikes are told, beside the client's own.
    trusted_sealers: frozenset[str] = frozenset(TRUSTED_SEALERS)  # Whose ARC seals outweigh a DMARC failure.
    seals_arc: bool = False  # What is relayed carries the provider's ARC seal.
    logs_subjects: bool = False  # Subjects stand in the message log.
    log_days: int = MOST_LOG_DAYS  # So long the client's messages stand in it (15-8).
    sends_outbound: bool = True  # The client has the outbound service, too.
    suppresses: bool = True  # Mail to whoever is on the client's list of suppressed recipients is refused.
    sending_rules: tuple[SendingRule, ...] = ()  # Of its outbound mail; the first that fits is obeyed.
    sending_limits: OwnLimits = field(default_factory=OwnLimits)  # Lower ones than the node's, for what goes out.
    signs_return_path: bool = False  # What goes out proves its bounces by it; other bounces are refused.
    seal_to: bytes = b""  # The client's public key, to which held copies are sealed; b"" = kept as they came.

    def filters(self, key: str) -> bool:
        """Whether mail for this `Address.key` is judged: the client may switch that off for one user, or for all."""
        return self.is_filtered and key not in self.unfiltered

    @property
    def feedback_addresses(self) -> frozenset[str]:
        """All addresses that hear what messages were."""
        return self.spam_reports_to | self.ham_reports_to

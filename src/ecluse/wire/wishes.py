"""What a client wishes of its filter: one schema for the policy file, the console and the API.

Texts in it are notations: whoever reads it converts with `read_text`, and hears what was expected where.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ecluse.domain.mass import MassAction
from ecluse.domain.person import name_key
from ecluse.domain.policy import BANNED_SUFFIXES, TRUSTED_SEALERS, Unscannable
from ecluse.domain.purge import LEAST_LOG_DAYS, MOST_LOG_DAYS
from ecluse.wire.notations import DomainName, MailAddress, NamedAddress, Network, Suffix, named_address
from ecluse.wire.rates import OwnLimitTable, own_limits
from ecluse.wire.sending_rules import MOST_RULES, RuleTerms, demand_rules_that_can_be, sending_rules

Weight = Annotated[float, Meta(ge=-1_000, le=1_000)]


class Wishes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What applies to all domains of a client."""

    filtered: Annotated[bool, Meta(description="false: only viruses are looked for (1-2c).")] = True
    refuse_at: Annotated[float, Meta(ge=0.1, le=1_000, description="Score from which a message is refused.")] = 15.0
    greylist: Annotated[
        bool,
        Meta(description="true: mail of unclear score is told to come again in five minutes, once for each sender."),
    ] = False
    greylist_at: Annotated[
        float, Meta(ge=0.1, le=1_000, description="Score from which mail is unclear; `refuse_at` is where it ends.")
    ] = 6.0
    mass_mail: Annotated[
        MassAction,
        Meta(
            description='Newsletters, class M, which are no spam: "deliver"; "tag": delivered with `X-Ecluse-Class: M`, as '
            'soon as one of the recipients wants it so; "digest": kept by us; "refuse". Mailing lists of people are none.'
        ),
    ] = MassAction.DELIVER
    weights: Annotated[
        dict[str, Weight],
        Meta(description="Finding code = weight, in place of ours; `ecluse pipeline` names the codes."),
    ] = {}
    banned_suffixes: Annotated[
        tuple[Suffix, ...] | None, Meta(description="File suffixes that are refused, in place of our list.")
    ] = None
    extra_banned_suffixes: Annotated[tuple[Suffix, ...], Meta(description="File suffixes beside the list.")] = ()
    unscannable: Annotated[
        Unscannable, Meta(description="What becomes of content that the virus scanner cannot look into.")
    ] = Unscannable.REFUSE
    encrypted: Annotated[
        Unscannable,
        Meta(
            description="What becomes of files that are encrypted, and whose password does not stand in the message: "
            '"hold", "refuse", or "deliver" unseen.'
        ),
    ] = Unscannable.HOLD
    bare_newlines_from: Annotated[
        tuple[Network, ...], Meta(description="Senders whose bare CR and LF are made CRLF, not refused.")
    ] = ()
    buffer_rcpt_4xx: Annotated[
        bool,
        Meta(description="true: when the next hop defers all recipients we keep the message; false: its sender does."),
    ] = False
    protected_names: Annotated[
        tuple[DomainName, ...],
        Meta(max_length=200, description="Domains of partners, banks, suppliers: names that look like them are told."),
    ] = ()
    trusted_sealers: Annotated[
        tuple[DomainName, ...],
        Meta(
            max_length=1_000,
            description="Forwarders that verify before they seal: mail that fails DMARC passes when all ARC seals on it "
            "are theirs (RFC 8617). Exactly the domain in d=; [] trusts none.",
        ),
    ] = tuple(map(DomainName, TRUSTED_SEALERS))
    executives: Annotated[
        tuple[NamedAddress, ...],
        Meta(
            max_length=1_000,
            description='People whose names swindlers borrow: "Ann Lee <ann@a.example>", with each address that they '
            "write from, private ones too.",
        ),
    ] = ()
    report_addresses: Annotated[
        tuple[MailAddress, ...],
        Meta(
            max_length=100,
            description="Addresses of its domains whose mail may bring DMARC aggregate or TLS reports, as rua= in the "
            "DNS names them. The mail is delivered as usual; `ecluse reports` shows what it reports.",
        ),
    ] = ()
    spam_reports_to: Annotated[
        tuple[MailAddress, ...],
        Meta(
            max_length=100,
            description="Addresses of its domains to which its users forward, as attachments, spam that was let pass: "
            "the client's model learns. The author must be proven (SPF or DKIM of his very domain) to be a user of the "
            "client; his mail is then delivered unfiltered, other mail as usual.",
        ),
    ] = ()
    ham_reports_to: Annotated[
        tuple[MailAddress, ...],
        Meta(max_length=100, description="The same for honest mail that was taken for spam."),
    ] = ()
    arc_seal: Annotated[
        bool,
        Meta(
            description="true: relayed mail carries the provider's ARC seal over what was found out about its sender, for "
            "servers that trust it (RFC 8617); the node needs keys below `control/signing`."
        ),
    ] = False
    suppress: Annotated[
        bool,
        Meta(
            description="Outbound: mail to recipients whose servers do not know them, or who complained, is refused; "
            "false: the list is kept, and nobody is refused."
        ),
    ] = True
    sign_return_path: Annotated[
        bool,
        Meta(
            description="true: outbound mail leaves with a signed return path (prvs), and bounces that come to any other "
            "address are refused: those of mail that strangers sent in the client's name. Only where all of its mail leaves "
            "by us and its own server signs none; mailing lists that know their members by it may refuse them. Of domains whose "
            "inbound mail comes to us: bounces of the others, and of names below them, could not be read."
        ),
    ] = False
    sending_limits: Annotated[
        OwnLimitTable,
        Meta(
            description="Outbound: how much each account, and all of them together, may send within a minute, an hour and a "
            "day, where that is less than the provider allows: of the two the lower one counts."
        ),
    ] = OwnLimitTable()
    log_subjects: Annotated[
        bool, Meta(description="true: the subject of each message stands in the message log, and can be searched.")
    ] = False
    log_days: Annotated[
        int,
        Meta(
            ge=LEAST_LOG_DAYS,
            le=MOST_LOG_DAYS,
            description="So many days the message log keeps each message (15-8); of these and of the node's "
            "`[journal] keep_days` the fewer count. Fewer than 70 it cannot be: a month's figures look a week back from its "
            "first hour, and wait for claims and their answers. What has gone does not come back when it is raised.",
        ),
    ] = MOST_LOG_DAYS
    outbound_rules: Annotated[
        tuple[RuleTerms, ...],
        Meta(max_length=MOST_RULES, description="Rules for its outbound mail: the first that fits is obeyed."),
    ] = ()

    def __post_init__(self) -> None:
        demand_rules_that_can_be(self.outbound_rules)


def read_text(kind: Callable[[str], object], text: str) -> object:
    """For msgspec: a notation of its text. Raises `ValueError`."""
    return kind(text)


def read_wishes(plain: object) -> Wishes:
    """From what `plain_wishes` gave, or a form or a program sent. Raises `msgspec.ValidationError`, which says where."""
    return msgspec.convert(plain, Wishes, dec_hook=read_text)


def plain_wishes(wishes: Wishes) -> dict[str, Any]:
    """As JSON has it, without what is as we have it anyway: better defaults of a later release shall count."""
    whole, ours = (msgspec.to_builtins(each, enc_hook=str) for each in (wishes, Wishes()))
    return {key: value for key, value in whole.items() if value != ours[key]}


def terms(wishes: Wishes) -> dict[str, Any]:
    """The fields of `Policy` that follow."""
    own = wishes.banned_suffixes
    suffixes = own if own is not None else tuple(map(Suffix, BANNED_SUFFIXES.split()))
    return {
        "is_filtered": wishes.filtered,
        "refuse_at": wishes.refuse_at,
        "greylists": wishes.greylist,
        "greylist_at": wishes.greylist_at,
        "mass_mail": wishes.mass_mail,
        "weights": wishes.weights,
        "banned_suffixes": frozenset(map(str, (*suffixes, *wishes.extra_banned_suffixes))),
        "unscannable": wishes.unscannable,
        "encrypted": wishes.encrypted,
        "allows_bare_newlines_from": tuple(map(str, wishes.bare_newlines_from)),
        "buffers_rcpt_4xx": wishes.buffer_rcpt_4xx,
        "protected_names": tuple(map(str, wishes.protected_names)),
        "trusted_sealers": frozenset(map(str, wishes.trusted_sealers)),
        "seals_arc": wishes.arc_seal,
        "logs_subjects": wishes.log_subjects,
        "log_days": wishes.log_days,
        "signs_return_path": wishes.sign_return_path,
        "suppresses": wishes.suppress,
        "sending_limits": own_limits(wishes.sending_limits),
        "sending_rules": sending_rules(wishes.outbound_rules),
        "report_addresses": _keys(wishes.report_addresses),
        "spam_reports_to": _keys(wishes.spam_reports_to),
        "ham_reports_to": _keys(wishes.ham_reports_to),
    }


def of_both_kinds(wishes: Wishes) -> frozenset[str]:
    """`Address.key` of those that would hear both of spam and of what was none: nobody could tell which of both a report says."""
    return _keys(wishes.spam_reports_to) & _keys(wishes.ham_reports_to)


def people_in(wishes: Wishes) -> dict[str, frozenset[str]]:
    """Its executives: by `Person.key`, the `Address.key` of each address that they write from."""
    found: dict[str, set[str]] = {}
    for text in wishes.executives:
        address, name = named_address(text)
        found.setdefault(name_key(name), set()).add(address.key)
    return {key: frozenset(addresses) for key, addresses in found.items()}


def _keys(addresses: tuple[MailAddress, ...]) -> frozenset[str]:
    return frozenset(each.casefold() for each in addresses)

"""Contracts in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ecluse.control.contracts.price_grid import Bundle
from ecluse.control.contracts.queries import Approval
from ecluse.control.contracts.refund_requests import RefundState
from ecluse.control.contracts.states import ContractState

STATES: Mapping[str, str | Promise] = MappingProxyType(
    {
        ContractState.DRAFTED: _("draft"),
        ContractState.SENT: _("offered"),
        ContractState.ACCEPTED: _("accepted by the client"),
        ContractState.ACTIVE: _("in force"),
        ContractState.NOTICE: _("in force, notice given"),
        ContractState.SUSPENDED: _("suspended"),
        ContractState.ENDED: _("ended"),
        ContractState.TERMINATED: _("terminated"),
        ContractState.WITHDRAWN: _("withdrawn"),
    }
)
BUNDLES: Mapping[str, str | Promise] = MappingProxyType(
    {
        Bundle.INBOUND: _("inbound mail"),
        Bundle.OUTBOUND: _("outbound mail"),
        Bundle.BOTH: _("inbound and outbound mail"),
    }
)
APPROVALS: Mapping[str, str | Promise] = MappingProxyType(
    {Approval.ASKED: _("not decided yet"), Approval.GRANTED: _("approved"), Approval.REFUSED: _("refused")}
)
MOVES: Mapping[str, str | Promise] = MappingProxyType(
    {
        "drafted": _("Drafted"),
        "send": _("Sent to the client"),
        "revise": _("Taken back for changes"),
        "accept": _("Accepted by the client"),
        "start": _("Accepted by the provider: the term begins"),
        "withdraw": _("Withdrawn"),
        "give-notice": _("Notice received"),
        "notice-refused": _("Notice refused: it came too late"),
        "suspend": _("Suspended"),
        "resume": _("Resumed"),
        "resume-in-notice": _("Resumed until the end of the period"),
        "renew": _("Renewed"),
        "end": _("Ended with its period"),
        "terminate": _("Terminated"),
        "breach-declared": _("Serious breach declared by letter"),
        "breach-repaired": _("Breach repaired"),
        "domain-named": _("Domain named"),
        "domain-granted": _("Domain approved"),
        "domain-refused": _("Domain refused"),
        "citing-allowed": _("The client may be cited as a reference"),
        "citing-refused": _("The client may not be cited as a reference any more"),
        "sharing-allowed": _("Use of its domains by others allowed"),
        "sharing-refused": _("Use of its domains by others not allowed any more"),
        "paper-signed": _("Signed paper uploaded"),
        "change-told": _("Told of a change by the provider"),
        "end-told": _("Told that the service ends on this day"),
        "terms-changed": _("Under new terms of sale"),
        "leaves": _("The client leaves by a right of the contract"),
        "refunded": _("Given back by credit note"),
        "refund-by-hand": _("To be given back: a person settles it"),
        "refund-void": _("Nothing to give back: the contract was over before"),
        "amendment-send": _("Amendment sent to the client"),
        "amendment-accept": _("Amendment accepted by the client"),
        "amendment-begin": _("Amendment signed by the provider: it holds"),
        "amendment-withdraw": _("Amendment withdrawn"),
    }
)
REFUNDS: Mapping[str, str | Promise] = MappingProxyType(
    {
        RefundState.ASKED: _("leaves on that day"),
        RefundState.DUE: _("has left, a credit note follows"),
        RefundState.CREDITED: _("has left, and was given back"),
        RefundState.BY_HAND: _("has left, to be settled by hand"),
        RefundState.VOID: _("the contract was over before"),
    }
)

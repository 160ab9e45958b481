"""Roles in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ecluse.control.accounts.roles import Role


@dataclass(frozen=True, slots=True)
class RoleWords:
    """A role's name and what it may do, both translated when shown."""

    name: Any
    duties: Any

    @property
    def with_duties(self) -> Any:
        """Both on one line."""
        return format_lazy("{name}: {duties}", name=self.name, duties=self.duties)


ROLE_WORDS: Mapping[Role, RoleWords] = MappingProxyType(
    {
        Role.PROVIDER_OWNER: RoleWords(_("Provider: owner"), _("everything but content")),
        Role.OPERATOR: RoleWords(_("Provider: operator"), _("clients and nodes, no content")),
        Role.SUPPORT: RoleWords(_("Provider: support"), _("looks and helps, no content")),
        Role.BILLING: RoleWords(_("Provider: billing"), _("contracts and invoices")),
        Role.READER: RoleWords(_("Provider: reader"), _("looks only")),
        Role.RESELLER: RoleWords(_("Reseller"), _("runs this client for it, no content")),
        Role.OWNER: RoleWords(_("Owner"), _("everything, contract and invoices too")),
        Role.ADMINISTRATOR: RoleWords(_("Administrator"), _("domains, addresses, settings, quarantine, people")),
        Role.HELP_DESK: RoleWords(_("Help desk"), _("sees what became of messages, never what they say")),
        Role.USER: RoleWords(_("User"), _("own mail only")),
    }
)

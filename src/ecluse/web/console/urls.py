"""Addresses of a client's pages; everything below `clients/<id>/` opens that client's scope."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from ecluse.web.console import (
    addresses,
    audit,
    clients,
    dashboard,
    domains,
    filter_settings,
    identity,
    lists,
    log,
    members,
    programs,
    quarantine,
)

_of_client = [
    path("", dashboard.dashboard, name="dashboard"),
    path("domains/", domains.domains, name="domains"),
    path("domains/add", domains.add, name="add_domain"),
    path("domains/<int:domain_id>/", domains.domain, name="domain"),
    path("domains/<int:domain_id>/prove", domains.prove, name="prove_domain"),
    path("domains/<int:domain_id>/mx", domains.mx, name="domain_mx"),
    path("domains/<int:domain_id>/recipients", domains.recipients, name="set_recipients"),
    path("domains/<int:domain_id>/routes/add", domains.add_route, name="add_route"),
    path("domains/<int:domain_id>/routes/<int:route_id>/remove", domains.remove_route, name="remove_route"),
    path("domains/<int:domain_id>/remove", domains.remove, name="remove_domain"),
    path("addresses/", addresses.addresses, name="addresses"),
    path("addresses/add", addresses.add, name="add_address"),
    path("addresses/import", addresses.import_, name="import_addresses"),
    path("addresses/export", addresses.export, name="export_addresses"),
    path("addresses/<int:address_id>/filter", addresses.set_filter, name="set_address_filter"),
    path("addresses/<int:address_id>/remove", addresses.remove, name="remove_address"),
    path("lists/", lists.lists, name="lists"),
    path("lists/add", lists.add, name="add_list_entry"),
    path("lists/<int:entry_id>/remove", lists.remove, name="remove_list_entry"),
    path("settings/", filter_settings.settings, name="filter_settings"),
    path("settings/try", filter_settings.try_out, name="try_filter_settings"),
    path("settings/save", filter_settings.save, name="save_filter_settings"),
    path("quarantine/", quarantine.list_held, name="quarantine"),
    path("quarantine/act", quarantine.act, name="act_on_held"),
    path("quarantine/<int:copy_id>/", quarantine.message, name="held_message"),
    path("quarantine/<int:copy_id>/look", quarantine.look, name="look_at_held"),
    path("quarantine/<int:copy_id>/look/<str:order_id>", quarantine.looked, name="held_frame"),
    path("quarantine/<int:copy_id>/content/<str:order_id>", quarantine.content, name="held_content"),
    path("log/", log.log, name="log"),
    path("log/export", log.export, name="export_log"),
    path("log/<str:message_id>", log.message, name="logged_message"),
    path("members/", members.members, name="members"),
    path("members/invite", members.invite, name="invite"),
    path("members/invitations/<int:invitation_id>/withdraw", members.withdraw, name="withdraw_invitation"),
    path("members/<int:membership_id>/role", members.change_role, name="change_role"),
    path("members/<int:membership_id>/dismiss", members.dismiss, name="dismiss_member"),
    path("members/second-factor", members.second_factor, name="set_second_factor"),
    path("programs/", programs.programs, name="programs"),
    path("programs/keys/make", programs.make_key, name="make_key"),
    path("programs/keys/<int:key_id>/revoke", programs.revoke_key, name="revoke_key"),
    path("members/identity-provider", identity.identity, name="identity_provider"),
    path("members/identity-provider/remove", identity.remove, name="remove_identity_provider"),
    path("audit/", audit.audit, name="audit"),
    path("audit/export", audit.export, name="export_audit"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", clients.clients, name="clients"),
    path("clients/add", clients.add, name="add_client"),
    path("clients/<int:client_id>/", include(_of_client)),
]

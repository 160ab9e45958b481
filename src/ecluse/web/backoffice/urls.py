"""Addresses of the provider's pages; those of one client stand below that client."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.web.backoffice import (
    cases,
    client_service,
    contracts,
    invoices,
    jobs,
    keys,
    late_payment,
    locks,
    nodes,
    parties,
    person_requests,
    queues,
    verdicts,
)

urlpatterns: list[URLPattern] = [
    path("nodes/", nodes.list_nodes, name="nodes"),
    path("nodes/<str:node>/", nodes.node, name="node"),
    path("nodes/<str:node>/forget", nodes.forget, name="forget_node"),
    path("queues/", queues.list_backlogs, name="queues"),
    path("queues/<int:backlog_id>/", queues.backlog, name="backlog"),
    path("queues/<int:backlog_id>/order", queues.order, name="order_backlog"),
    path("queues/<int:backlog_id>/give-back", queues.give_back, name="give_back"),
    path("cases/", cases.list_cases, name="cases"),
    path("cases/add", cases.add, name="add_case"),
    path("cases/<int:case_id>/", cases.case, name="case"),
    path("cases/<int:case_id>/act", cases.act, name="act_on_case"),
    path("locks/", locks.list_locks, name="all_locks"),
    path("verdicts/", verdicts.list_verdicts, name="verdicts"),
    path("contracts/", contracts.list_contracts, name="all_contracts"),
    path("contracts/prices", contracts.prices, name="contract_prices"),
    path("contracts/terms", contracts.terms, name="contract_terms"),
    path("invoices/", invoices.list_invoices, name="all_invoices"),
    path("invoices/seller", parties.seller, name="invoice_seller"),
    path("invoices/late", late_payment.late_payment, name="late_payment"),
    path("invoices/key-rates", late_payment.rates, name="key_rates"),
    path("rights/", person_requests.list_requests, name="person_requests"),
    path("rights/add", person_requests.add, name="add_person_request"),
    path("rights/<int:request_id>/", person_requests.request_page, name="person_request"),
    path("rights/<int:request_id>/act", person_requests.act, name="act_on_person_request"),
    path("rights/<int:request_id>/export", person_requests.export, name="export_person"),
    path("rights/<int:request_id>/erase", person_requests.erase, name="erase_person"),
    path("jobs/", jobs.list_jobs, name="jobs"),
    path("keys/", keys.list_keys, name="provider_keys"),
    path("keys/make", keys.make_key, name="make_provider_key"),
    path("keys/<int:key_id>/revoke", keys.revoke_key, name="revoke_provider_key"),
]

of_client: list[URLPattern] = [
    path("", client_service.service, name="client_service"),
    path("state", client_service.set_state, name="set_client_state"),
    path("services", client_service.set_services, name="set_client_services"),
    path("contracts/", contracts.of_client, name="client_contracts"),
    path("contracts/draft", contracts.draft, name="draft_contract"),
    path("contracts/<int:contract_id>/", contracts.contract, name="client_contract"),
    path("contracts/<int:contract_id>/act", contracts.act, name="act_on_contract"),
    path("invoices/buyer", parties.buyer, name="invoice_buyer"),
    path("invoices/<int:invoice_id>/", invoices.invoice, name="client_invoice"),
    path("invoices/<int:invoice_id>/act", invoices.act, name="act_on_invoice"),
    path("invoices/notices/<int:notice_id>/answer", late_payment.answer, name="answer_notice"),
    path("invoices/claims/ask", late_payment.ask, name="ask_for_claims"),
    path("invoices/claims/<int:line_id>/waive", late_payment.waive, name="waive_line"),
    path("destroy-keys", client_service.destroy, name="destroy_keys"),
]

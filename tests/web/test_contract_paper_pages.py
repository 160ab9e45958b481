"""Papers of a contract in the console: saved, never shown inline; uploaded by either side, and by nobody else."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_scopes import scope

from ecluse.control.accounts.roles import Role
from ecluse.control.contracts import offers, papers
from ecluse.control.contracts.models import ContractPaper
from tests.control.cast import OPERATOR
from tests.web.things import offered

SIGNED = b"%PDF-1.7\nsigned\n%%EOF\n"


@pytest.fixture
def contract(cast):
    with scope(client=cast.one):
        return offered(cast.one)


def of_client(cast, contract):
    return f"/clients/{cast.one.pk}/contract/{contract.pk}/"


def of_provider(cast, contract):
    return f"/clients/{cast.one.pk}/service/contracts/{contract.pk}/"


def upload(browser, page, body=SIGNED, **more):
    file = SimpleUploadedFile("../evil.html", body, content_type="text/html")
    return browser.post(f"{page}papers/add", {"paper": file, **more}, follow=True)


@pytest.mark.parametrize(("who", "side"), [(Role.OWNER, of_client), (Role.BILLING, of_provider)])
def test_either_side_uploads_what_was_signed_and_both_save_it(cast, contract, who, side):
    page = upload(cast.browser(who), side(cast, contract)).text
    assert "Signed paper" in page
    with scope(client=cast.one):
        paper = ContractPaper.objects.get()
    assert paper.sha256 in page
    for reader, where in ((Role.OWNER, of_client), (Role.BILLING, of_provider)):
        answer = cast.browser(reader).get(f"{where(cast, contract)}papers/{paper.pk}")
        assert (answer.content, answer["Content-Type"]) == (SIGNED, "application/pdf")
        assert answer["Content-Disposition"] == f'attachment; filename="{contract.reference}-signed-{paper.pk}.pdf"'
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_what_is_no_pdf_is_refused(cast, contract):
    assert "This is no PDF" in upload(cast.browser(Role.OWNER), of_client(cast, contract), b"<script>").text
    answer = cast.browser(Role.OWNER).post(f"{of_client(cast, contract)}papers/add", follow=True)
    assert "This is no PDF" in answer.text


def test_others_neither_upload_nor_read(cast, contract):
    with scope(client=cast.one):
        paper = papers.upload_signed(contract, SIGNED, by=OPERATOR)
    for who in (Role.ADMINISTRATOR, Role.HELP_DESK, Role.USER):
        assert cast.browser(who).get(f"{of_client(cast, contract)}papers/{paper.pk}").status_code == 403
        assert upload(cast.browser(who), of_client(cast, contract)).status_code == 403
    for who in (Role.PROVIDER_OWNER, Role.BILLING):
        assert upload(cast.browser(who), of_client(cast, contract)).status_code == 403


def test_of_another_contract_it_is_not_found(cast, contract):
    with scope(client=cast.one):
        other = offered(cast.one)
        paper = papers.upload_signed(other, SIGNED, by=OPERATOR)
    assert cast.browser(Role.OWNER).get(f"{of_client(cast, contract)}papers/{paper.pk}").status_code == 404
    assert upload(cast.browser(Role.OWNER), of_client(cast, contract), of="999").status_code == 404
    assert upload(cast.browser(Role.OWNER), of_client(cast, contract), of="x").status_code == 404


def test_papers_of_a_draft_are_the_providers_alone(cast, contract):
    with scope(client=cast.one):
        paper = papers.upload_signed(contract, SIGNED, by=OPERATOR)
        offers.revise(contract, by=OPERATOR)
    assert cast.browser(Role.OWNER).get(f"{of_client(cast, contract)}papers/{paper.pk}").status_code == 404

"""Security incidents and requisitions on pages: what is asked for, what is shown to whom, and the mails (15-10, 15-12)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from ecluse.control.accounts.roles import Role
from ecluse.control.privacy import incidents, requisitions
from ecluse.control.privacy.letters import RegisterNews
from ecluse.control.privacy.models import Incident, Requisition
from ecluse.web.console.register_mail import register_mail
from tests.control.cast import OPERATOR

MOMENT = "2026-01-01T12:00"
INCIDENT = {
    "title": "A lost disk",
    "nature": "confidentiality",
    "happened_at": MOMENT,
    "detected_at": MOMENT,
    "account": "A disk was stolen.",
}
REQUISITION = {
    "authority": "Parquet",
    "reference": "2026/1",
    "legal_basis": "art. 60-1",
    "scope": "one log",
    "received_at": MOMENT,
    "client": "One",
}


@pytest.fixture
def op(cast):
    return cast.browser(Role.OPERATOR)


def test_from_the_detection_to_the_end(cast, op):
    page = op.post("/provider/incidents/add", INCIDENT).headers["Location"]
    assert "text-bg-danger" in op.get("/provider/incidents/").text  # The 72 hours are over.
    for form in (
        {"act": "affect", "client": "One", "text": "ten addresses"},
        {"act": "decide", "authority": "needed", "text": "names"},
        {"act": "authority", "reference": "CNIL-7", "at": MOMENT},
        {"act": "close"},
    ):
        assert "Saved." in op.post(f"{page}act", form, follow=True).text, form
    assert "CNIL-7" in op.get(page).text
    assert Incident.objects.get(title="A lost disk").closed_at is not None


@pytest.mark.parametrize(
    "form",
    [
        {"act": "affect", "client": "Nobody"},
        {"act": "decide", "authority": "undecided", "text": "why"},
        {"act": "decide", "authority": "needed"},
        {"act": "authority", "reference": "", "at": MOMENT},
        {"act": "authority", "reference": "1", "at": "2999-01-01T12:00"},
        {"act": "close"},
    ],
)
def test_what_cannot_be_is_said(cast, op, form):
    page = op.post("/provider/incidents/add", INCIDENT).headers["Location"]
    assert "This cannot be done" in op.post(f"{page}act", form, follow=True).text


def test_what_is_still_to_come_is_not_written_down(cast, op):
    assert (
        "has not come yet" in op.post("/provider/incidents/add", {**INCIDENT, "detected_at": "2999-01-01T12:00"}).text
    )
    early = {**INCIDENT, "detected_at": "2025-12-31T12:00"}
    assert "before it happened" in op.post("/provider/incidents/add", early).text


def test_a_client_takes_out_its_own_journal_alone(cast, op):
    for name in ("One", "Two"):
        page = op.post("/provider/incidents/add", {**INCIDENT, "title": f"at {name}"}).headers["Location"]
        op.post(f"{page}act", {"act": "affect", "client": name, "text": f"for {name}"})
    ann = cast.browser(Role.ADMINISTRATOR)
    base = f"/clients/{cast.one.pk}/incidents/"
    assert "at One" in ann.get(base).text
    taken = ann.get(f"{base}export.json").json()
    assert [each["title"] for each in taken["incidents"]] == ["at One"]
    table = ann.get(f"{base}export.csv").getvalue().decode()
    for told in (ann.get(base).text, str(taken), table):
        assert "for One" in told
        assert "at Two" not in told
    assert cast.browser(Role.HELP_DESK).get(base).status_code == 403


def test_only_the_providers_owner_sees_requisitions(cast, op):
    pia = cast.browser(Role.PROVIDER_OWNER)
    page = pia.post("/provider/requisitions/add", REQUISITION).headers["Location"]
    assert op.get("/provider/requisitions/").status_code == op.get(page).status_code == 403
    assert "Requisitions" not in op.get("/provider/nodes/").text
    assert "Saved." in pia.post(f"{page}act", {"act": "hand-over", "text": "rows", "at": MOMENT}, follow=True).text
    assert "This cannot be done" in pia.post(f"{page}act", {"act": "allow"}, follow=True).text
    assert "rows" in pia.get(page).text
    assert "2026/1" in pia.get("/provider/requisitions/").text


def test_one_that_may_not_be_told_says_until_when(cast):
    pia = cast.browser(Role.PROVIDER_OWNER)
    until = (timezone.now() + timedelta(days=9)).date().isoformat()
    form = {**REQUISITION, "forbids_telling": "on", "forbidden_until": until}
    page = pia.post("/provider/requisitions/add", form).headers["Location"]
    assert f"forbidden until {until}" in pia.get(page).text
    assert "Saved." in pia.post(f"{page}act", {"act": "allow"}, follow=True).text
    assert Requisition.objects.get(reference="2026/1").forbids_telling is False


@pytest.mark.parametrize(
    ("language", "subject", "words", "day"),
    [
        ("en", "A security incident", "within 72 hours", "%Y-%m-%d %H:%M UTC"),
        ("fr", "Un incident de sécurité", "dans les 72 heures", "%d/%m/%Y %H:%M UTC"),
    ],
)
def test_the_letter_of_an_incident_says_what_where_and_what_to_do(cast, language, subject, words, day):
    now = timezone.now()
    told = incidents.Told("A lost disk", incidents.Nature.INTEGRITY, now, now, "It is gone.", "Keys changed.")
    affected = incidents.affect(incidents.open_incident(told, by=OPERATOR), cast.one, "ten addresses", by=OPERATOR)
    mail = register_mail(RegisterNews("ann@one.example", language, cast.one, affected, None))
    assert mail.subject.startswith(subject)
    for each in (
        "It is gone.",
        "Keys changed.",
        "ten addresses",
        f"/clients/{cast.one.pk}/incidents/",
        words,
        f"{now:{day}}",
    ):
        assert each in mail.text, each


def test_the_letter_of_a_requisition_says_who_demands_what(cast):
    demand = requisitions.Demand("Parquet", "2026/1", "art. 60-1", "one log", timezone.now(), forbids_telling=False)
    row = requisitions.enter(cast.one, demand, by=OPERATOR)
    mail = register_mail(RegisterNews("olive@one.example", "en", cast.one, None, row))
    assert mail.subject == "An authority has demanded data of yours"
    for each in ("Parquet", "2026/1", "art. 60-1", "one log", "Nothing has been handed over"):
        assert each in mail.text

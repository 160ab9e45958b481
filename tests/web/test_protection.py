"""The data-protection policy and the processor contract say what is really so (15-11, 15-13, GDPR art. 28)."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta

import pikepdf
import pytest
from allauth.mfa.models import Authenticator
from django.utils import timezone
from django_scopes import scope

from ecluse.adapters.invoices.pdf_a import pdf_a
from ecluse.control.accounts.roles import Role
from ecluse.control.mail.quarantine import set_rules
from ecluse.control.policies.services import set_wishes
from ecluse.control.privacy import clocks, protection
from ecluse.control.privacy.models import PurgeRun
from ecluse.control.privacy.protection import MeasureKind, Statement
from ecluse.domain.personal_data import Purpose
from ecluse.domain.purge import Purged
from ecluse.web.backends import backends, hand_over
from ecluse.web.protection import MEASURES, POLICY, paper
from ecluse.wire.wishes import Wishes
from tests.control.cast import OPERATOR

STATED = {
    "name": "Nuages SAS",
    "officer": "dpo@provider.example",
    "place": "Toulouse",
    "hardening": "CIS level 1",
    "firewall": "nftables",
    "updates": "each week",
    "tests": "each quarter, by an auditor",
    "sub_processors": "Salle Blanche; France; hosting",
}


@pytest.fixture
def pia(cast):
    return cast.browser(Role.PROVIDER_OWNER)


def base(cast):
    return f"/clients/{cast.one.pk}/protection/"


def measure(kind):
    return next(each for each in protection.measures(timezone.now()) if each.kind is kind)


def test_what_the_provider_states_stands_in_every_clients_papers(cast, pia):
    owner = cast.browser(Role.OWNER)
    assert "No sub-processor is stated" in owner.get(f"{base(cast)}processing/?language=en").text
    assert pia.post("/provider/protection/", STATED).status_code == 302
    assert "Salle Blanche; France; hosting" in pia.get("/provider/protection/").text
    for name in ("policy", "processing"):
        said = owner.get(f"{base(cast)}{name}/?language=en").text
        for each in ("Nuages SAS", "dpo@provider.example", "Salle Blanche", "nftables", "each quarter, by an auditor"):
            assert each in said, (name, each)
    assert "Between One (the client" in owner.get(f"{base(cast)}processing/?language=en").text
    assert owner.get(f"{base(cast)}nonsense/").status_code == 404


def test_a_line_that_names_no_sub_processor_is_seen(pia):
    assert "not written as it should be" in pia.post("/provider/protection/", {**STATED, "sub_processors": "who"}).text


def test_the_clients_own_term_stands_in_its_contract(cast):
    owner = cast.browser(Role.OWNER)
    with scope(client=cast.one):
        set_rules(cast.one, keep_days=9, by=OPERATOR)
    assert "kept for 9 days" in owner.get(f"{base(cast)}processing/?language=en").text
    assert "9 jours" in owner.get(f"{base(cast)}processing/?language=fr").text
    assert 'lang="fr"' in owner.get(f"{base(cast)}processing/?language=fr").text


def test_a_measure_is_active_only_where_it_is(cast, settings):
    assert not any(measure(kind).is_active for kind in (MeasureKind.FIREWALL, MeasureKind.TESTS, MeasureKind.HARDENING))
    protection.state(Statement(name="N", firewall="nftables"), by=OPERATOR)
    assert measure(MeasureKind.FIREWALL).is_active
    assert measure(MeasureKind.AUTHENTICATION).is_active
    Authenticator.objects.filter(user=cast.people[Role.SUPPORT]).exclude(type="recovery_codes").delete()
    assert not measure(MeasureKind.AUTHENTICATION).is_active
    assert measure(MeasureKind.AUTHENTICATION).figures["protected"] == 4
    assert not measure(MeasureKind.ENCRYPTION).is_active
    settings.ECLUSE_URL, settings.SESSION_COOKIE_SECURE = "https://console.example", True
    assert measure(MeasureKind.ENCRYPTION).is_active


def test_all_eight_measures_and_all_purposes_are_there(cast):
    said = paper(POLICY, "en", None)
    assert [each.kind for each in protection.measures(timezone.now())] == list(MeasureKind) == list(MEASURES)
    assert len(re.findall(r'<tr><th scope="row">', said)) == len(MeasureKind) + len(Purpose)
    assert all(each.stores for each in protection.processings())


def test_a_purge_clock_that_stands_still_stands_in_the_policy(cast):
    now = timezone.now()
    for purged in clocks.BY_US:
        clocks.note_run(purged, now, None, 0)
    assert "All purge clocks do their work" in paper(POLICY, "en", None)
    PurgeRun.objects.filter(purged=Purged.TRAIL).update(at=now - timedelta(days=2))
    assert "do not do their work at the moment: 1." in paper(POLICY, "en", None)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("name", ["policy", "processing"])
def test_each_paper_is_a_file_too(cast, name, language):
    hand_over(replace(backends(), draw_pdf=pdf_a))
    answer = cast.browser(Role.OWNER).get(f"{base(cast)}{name}/pdf?language={language}")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}-{language}.pdf"'
    with pikepdf.open(io.BytesIO(answer.getvalue())) as drawn:
        assert len(drawn.pages) >= 2


def test_where_nothing_draws_the_page_is_left(cast):
    answer = cast.browser(Role.OWNER).get(f"{base(cast)}policy/pdf", follow=True)
    assert "No PDF is drawn here" in answer.text


@pytest.mark.parametrize("who", [Role.SUPPORT, Role.BILLING, Role.READER])
def test_who_states_it_runs_the_service(cast, who):
    assert cast.browser(who).get("/provider/protection/").status_code == 403


def test_a_shorter_log_stands_in_the_clients_papers_with_what_stays_where(cast):
    owner = cast.browser(Role.OWNER)
    before = owner.get(f"{base(cast)}processing/?language=en").text
    assert "records of messages for 365 days" in before
    assert "files together" not in before
    with scope(client=cast.one):
        set_wishes(cast.one, Wishes(log_days=90), by=OPERATOR)
    for name, said in (("processing", "records of messages for 90 days"), ("policy", "messages die after 90 days")):
        text = owner.get(f"{base(cast)}{name}/?language=en").text
        assert said in text
        assert "delete them within a week" in text
    assert "90 jours" in owner.get(f"{base(cast)}processing/?language=fr").text
    other = owner.get(f"/clients/{cast.one.pk}/log/?q=nobody@far.example").text
    assert "Messages are kept for 90 days" in other

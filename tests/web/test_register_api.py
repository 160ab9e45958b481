"""The registers by the API: the provider's keys with their scopes, and each client its own part (15-10, 15-12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django_scopes import scopes_disabled

from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.audit.queries import entries
from ecluse.control.privacy import clocks, incidents, requisitions
from ecluse.control.privacy.models import Incident, RegisterLetter
from ecluse.control.privacy.requisitions import Demand
from ecluse.domain.purge import Purged
from tests.control.cast import OPERATOR
from tests.web.programs import BODIES, program_in_role, program_of

NOW = datetime.now(UTC)


def test_an_incident_is_written_down_by_a_program_and_each_client_reads_its_own_part(cast):
    watch = program_in_role(cast, Role.OPERATOR)
    made = watch.post("incidents", BODIES["open_incident"] | {"description": "For us."})
    assert (made.status_code, made.json()["authority"], made.json()["affected"]) == (201, "undecided", [])
    incidents.affect(Incident.objects.get(), cast.one, "Late mail.", by=OPERATOR)
    assert watch.get("incidents?is_open=true").json()["items"][0]["affected"] == ["One"]
    assert watch.get("incidents?is_open=false").json()["items"] == []
    owner = program_in_role(cast, Role.OWNER)
    (own,) = owner.get(f"clients/{cast.one.pk}/incidents").json()["items"]
    assert (own["title"], own["consequence"], "description" in own) == ("walked", "Late mail.", False)
    other = program_of(cast.people["stranger"], cast.two)
    assert other.get(f"clients/{cast.two.pk}/incidents").json()["items"] == []
    wrong = {"happened_at": str(NOW + timedelta(days=1)), "detected_at": "2026-01-01T00:00:00", "title": " "}
    assert watch.post("incidents", BODIES["open_incident"] | wrong).status_code == 422
    backwards = {"happened_at": "2026-01-02T00:00:00Z"}
    assert watch.post("incidents", BODIES["open_incident"] | backwards).status_code == 409


def test_an_incident_is_worked_on_to_its_end_by_a_program(cast):
    watch = program_in_role(cast, Role.OPERATOR)
    made = watch.post("incidents", BODIES["open_incident"]).json()
    where = f"incidents/{made['id']}"
    assert watch.post(f"{where}/close").status_code == 409  # First the authority.
    assert watch.call("PUT", where, BODIES["open_incident"] | {"title": "Known now"}).json()["title"] == "Known now"
    affected = watch.post(f"{where}/affected", {"client_id": cast.one.pk, "consequence": "Late mail."})
    assert (affected.status_code, affected.json()["affected"]) == (201, ["One"])
    with scopes_disabled():
        assert RegisterLetter.objects.filter(client=cast.one).exists()
    assert watch.post(f"{where}/affected", {"client_id": 999_999}).status_code == 422
    assert watch.call("PUT", f"{where}/authority", {"is_needed": True, "why": "many"}).json()["authority"] == "needed"
    told = {"reference": "CNIL 1", "at": str(NOW)}
    assert [watch.post(f"{where}/authority/told", told).status_code for _ in "ab"] == [200, 409]
    assert watch.post(f"{where}/close").json()["closed_at"]
    assert (
        program_of(cast.people[Role.OPERATOR], None, Permission.SEE_INCIDENTS).post(f"{where}/close").status_code == 403
    )


def test_requisitions_are_for_keys_of_the_providers_owners_alone(cast):
    demand = Demand("Parquet", "2026/1", "CPP 60-1", "the log", NOW, forbids_telling=True)
    requisitions.enter(cast.one, demand, by=OPERATOR)
    boss = program_of(cast.people[Role.PROVIDER_OWNER], None, Permission.SEE_REQUISITIONS)
    (row,) = boss.get("requisitions").json()["items"]
    assert (row["authority"], row["client_id"], row["told_at"]) == ("Parquet", cast.one.pk, None)
    assert boss.get(f"requisitions/{row['id']}").json() == row
    assert program_in_role(cast, Role.OPERATOR).get("requisitions").status_code == 403
    assert program_in_role(cast, Role.OWNER).get("requisitions").status_code == 404
    assert boss.get("incidents").status_code == 403


def test_a_requisition_is_written_down_by_a_program_and_handed_over_once(cast):
    boss = program_of(cast.people[Role.PROVIDER_OWNER], None, Permission.SEE_REQUISITIONS)
    asked = BODIES["enter_requisition"] | {"client_id": cast.one.pk, "forbidden_until": "2026-12-31"}
    made = boss.post("requisitions", asked)
    assert (made.status_code, made.json()["forbidden_until"]) == (201, "2026-12-31")
    wrong = (
        ({"client_id": 999_999}, 422),
        ({"forbids_telling": False}, 422),  # And until a day?
        ({"scope": " "}, 422),
        ({"received_at": str(NOW + timedelta(days=1))}, 409),
    )
    for each, status in wrong:
        assert boss.post("requisitions", asked | each).status_code == status, each
    where = f"requisitions/{made.json()['id']}"
    late = {"what": "one log", "at": str(NOW + timedelta(days=1))}
    assert boss.post(f"{where}/handed-over", late).status_code == 409
    told = {"what": "one log", "at": str(NOW)}
    assert [boss.post(f"{where}/handed-over", told).status_code for _ in "ab"] == [200, 409]
    assert [boss.post(f"{where}/allow-telling").status_code for _ in "ab"] == [200, 409]
    row = boss.get(where).json()
    assert (row["handed_over"], row["forbids_telling"], row["client_id"]) == ("one log", False, cast.one.pk)
    done = [each.action for each in entries(None)][:3]
    assert done == ["requisition.telling-allowed", "requisition.handed-over", "requisition.entered"]
    assert requisitions.prepare_letters(NOW) == 1  # One owner.
    operator = program_in_role(cast, Role.OPERATOR)
    assert operator.post("requisitions", asked).status_code == 403
    assert operator.post(f"{where}/allow-telling").status_code == 403


def test_the_proofs_of_purge_clocks_and_the_providers_own_trail_are_read(cast):
    boss = program_in_role(cast, Role.PROVIDER_OWNER)
    for number in range(3):
        clocks.note_run(Purged.TRAIL, NOW - timedelta(hours=number), None, number)
    first = boss.get("purge-runs?store=trail&node=&limit=2").json()
    rest = boss.get(f"purge-runs?store=trail&node=&limit=2&after={first['next']}").json()
    assert [each["removed"] for each in first["items"] + rest["items"]] == [2, 1, 0]
    assert boss.get("purge-runs?store=journal").json()["items"] == []
    by_store = {each["store"]: each for each in boss.get("purge-clocks").json()["items"]}
    assert (by_store["trail"]["clock"], by_store["trail"]["is_late"], by_store["trail"]["last"]["removed"]) == (
        "logs",
        False,
        0,
    )
    boss.post("incidents", BODIES["open_incident"])
    assert "incident.opened" in {each["act"] for each in boss.get("audit").json()["items"]}
    blind = program_of(cast.people[Role.SUPPORT], None, Permission.SEE_AUDIT)
    assert "incident.opened" not in {each["act"] for each in blind.get("audit").json()["items"]}
    assert program_in_role(cast, Role.OWNER).get("audit").status_code == 404

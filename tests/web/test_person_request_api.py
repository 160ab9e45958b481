"""What people ask about their data, by the API: a client asks for its own, the provider's programs do the work (15-1, 15-2)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django_scopes import scope

from ecluse.control.accounts.roles import Permission, Role
from ecluse.control.audit.models import Entry
from ecluse.control.privacy.outside import LOG
from ecluse.control.programs.models import KeptAnswer
from ecluse.control.tenants.models import Address
from tests.web.programs import program_in_role, program_of

PAUL = "paul@one.example"


def test_an_owner_asks_and_the_provider_proves_searches_exports_and_erases(cast):
    owner, desk = program_in_role(cast, Role.OWNER), program_in_role(cast, Role.OPERATOR)
    own = f"clients/{cast.one.pk}/person-requests"
    asked = owner.post(own, {"right": "erasure", "addresses": [PAUL], "name": "Paul", "note": "He has left."})
    assert (asked.status_code, asked.json()["state"], asked.json()["days_left"]) == (201, "open", 29)
    where = f"person-requests/{asked.json()['id']}"
    assert [desk.post(f"{where}/{act}").status_code for act in ("export", "erase")] == [409, 409]
    proven = desk.post(f"{where}/identity", {"how": "his owner asks"}).json()
    assert (proven["state"], proven["client_id"], proven["identity_by"]) == ("proven", cast.one.pk, "sync")
    assert desk.post(f"{where}/notes", {"text": "Looked."}).status_code == 201
    looked = desk.post(f"{where}/search", **{"Idempotency-Key": "look"}).json()
    given = desk.post(f"{where}/export", **{"Idempotency-Key": "take"}).json()
    assert {"tenants.Address", LOG} <= {part["store"] for part in given["parts"]}
    counts = {part["store"]: part["count"] for part in looked["parts"]}
    assert {part["store"]: len(part["rows"]) for part in given["parts"]}[LOG] == counts[LOG]
    assert not KeptAnswer.objects.exists()  # What is held of him lies in no second place.
    once, twice = (desk.post(f"{where}/erase", **{"Idempotency-Key": "gone"}) for _ in range(2))
    assert (once.status_code, once.json(), twice.headers["Idempotency-Replayed"]) == (200, twice.json(), "true")
    assert {"tenants.Address"} <= {line["store"] for line in once.json()["erased"] if line["is_gone"]}
    assert all(line["why"] for line in once.json()["erased"] if not line["is_gone"])
    with scope(client=cast.one):
        assert not Address.objects.filter(key=PAUL).exists()
    assert desk.post(f"{where}/answer", {"outcome": "told his owner"}).json()["state"] == "answered"
    shown = owner.get(f"{own}/{asked.json()['id']}").json()
    assert [each["what"] for each in shown["steps"]] == ["opened", "proven", "noted", "exported", "erased", "answered"]
    assert (shown["outcome"], shown["days_left"], "identity_how" in shown) == ("told his owner", None, False)
    trail = Entry.objects.filter(action__startswith="request.")
    assert {"request.searched", "request.exported", "request.erased"} <= set(trail.values_list("action", flat=True))
    assert PAUL not in str([(each.before, each.after) for each in trail])


def test_the_register_has_what_waits_and_a_person_who_asks_himself(cast):
    desk = program_in_role(cast, Role.OPERATOR)
    came = timezone.now() - timedelta(days=30, hours=1)
    asked = {"right": "rectification", "addresses": [PAUL], "channel": "post", "received_at": came.isoformat()}
    row = desk.post("person-requests", asked | {"answer_to": "paul@home.example"}).json()
    assert (row["client_id"], row["days_left"], row["answer_to"]) == (None, -1, "paul@home.example")
    assert datetime.fromisoformat(row["due_at"]) == came + timedelta(days=30)
    where = f"person-requests/{row['id']}"
    assert desk.get(f"{where}/correctable").json()["items"] == []  # Before he has proven who he is.
    desk.post(f"{where}/identity", {"how": "a letter"})
    [name] = [
        each for each in desk.get(f"{where}/correctable").json()["items"] if each["field"].endswith("Address.name")
    ]
    fix = {"values": {name["key"]: "Paul Martin"}}
    assert desk.post(f"{where}/correct", fix).json() == {"corrected": 1}
    assert desk.post(f"{where}/correct", fix).status_code == 409  # It stands so.
    assert desk.get("person-requests?is_waiting=true").json()["items"][0]["id"] == row["id"]
    assert desk.post(f"{where}/refuse", {"outcome": "told why"}).json()["state"] == "refused"
    assert desk.get("person-requests?is_waiting=true").json()["items"] == []
    assert [each["id"] for each in desk.get("person-requests?state=refused").json()["items"]] == [row["id"]]


def test_nobody_asks_for_others_or_reads_their_requests(cast):
    owner, desk = program_in_role(cast, Role.OWNER), program_in_role(cast, Role.OPERATOR)
    own = f"clients/{cast.one.pk}/person-requests"
    other = {"right": "access", "addresses": ["x@two.example"], "channel": "mail", "client_id": cast.two.pk}
    strange = desk.post("person-requests", other).json()
    assert owner.get(f"{own}/{strange['id']}").status_code == 404
    assert owner.get(own).json()["items"] == []
    assert owner.post(own, {"right": "access", "addresses": ["x@two.example"]}).status_code == 409
    late = {"received_at": (timezone.now() + timedelta(days=1)).isoformat()}
    assert desk.post("person-requests", other | late).status_code == 409
    assert desk.post("person-requests", other | {"client_id": 999_999}).status_code == 422
    assert desk.post("person-requests", other | {"addresses": ["nobody"]}).status_code == 422
    blind = program_of(cast.people[Role.OPERATOR], None, Permission.HANDLE_INCIDENTS)
    assert blind.get("person-requests").status_code == 403
    assert program_in_role(cast, Role.SUPPORT).get(f"person-requests/{strange['id']}").status_code == 403

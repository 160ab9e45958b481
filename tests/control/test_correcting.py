"""What is held of a person is put right by an act where it is declared, and the trail has no word of it (15-1, GDPR art. 16)."""

from __future__ import annotations

import json

import pytest
from django_scopes import scope, scopes_disabled

from ecluse.control.accounts.models import User
from ecluse.control.audit.models import Entry
from ecluse.control.privacy import requests
from ecluse.control.privacy.correcting import correct, correctables
from ecluse.control.privacy.declared import IN_DATABASE
from ecluse.control.privacy.models import RequestStep
from ecluse.control.privacy.requests import Channel, Right
from ecluse.control.privacy.searching import model_of
from ecluse.control.support.models import Ticket
from ecluse.control.tenants.models import Address
from ecluse.domain.errors import Impossible
from ecluse.domain.personal_data import Erasing, Holds
from tests.control.cast import OPERATOR, client, make_master_key
from tests.control.known_person import ADDRESS, OTHER, known_at

pytestmark = pytest.mark.django_db
RIGHT_NAME = "Évelyne Dupont-Test"


@pytest.fixture
def one(tmp_path, settings):
    make_master_key(tmp_path, settings)
    made = client("One")
    known_at(made)
    return made


def asked(whose, right=Right.RECTIFICATION, *, is_proven=True):
    with scopes_disabled():
        row = requests.open_request(whose, right, [ADDRESS], channel=Channel.MAIL, by=OPERATOR)
        if is_proven:
            requests.confirm_identity(row, "answered the code", by=OPERATOR)
        return row


def put_right(row, **values):
    with requests.scope_of(row):
        found = {each.name: each.key for each in correctables(row)}
        return correct(
            row, {found.get(name.replace("__", "."), name): value for name, value in values.items()}, by=OPERATOR
        )


def test_15_1_his_name_is_put_right_wherever_it_stands_and_nobody_elses(one):
    row = asked(one)
    with requests.scope_of(row):
        found = correctables(row)
        values = {each.key: RIGHT_NAME for each in found}
        assert {each.name for each in found} == {
            "tenants.Address.name",
            "accounts.User.name",
            "support.Ticket.requester_name",
        }
        assert correct(row, values, by=OPERATOR) == len(found)
    with scope(client=one):
        assert Address.objects.get(key=ADDRESS).name == RIGHT_NAME
        assert Address.objects.get(key=OTHER).name == "Somebody"
        assert set(Ticket.objects.filter(requester=ADDRESS).values_list("requester_name", flat=True)) == {RIGHT_NAME}
        assert RIGHT_NAME not in Ticket.objects.exclude(requester=ADDRESS).values_list("requester_name", flat=True)
        step = RequestStep.objects.get(what="corrected")
    assert User.objects.get(email=ADDRESS).name == RIGHT_NAME
    trail = Entry.objects.get(action="request.corrected")
    told = json.dumps([trail.before, trail.after, step.note], ensure_ascii=False)
    assert "tenants.Address.name" in told
    with scopes_disabled():  # Nor does any other entry of the trail know what stood there, or stands there now.
        assert not [each for each in Entry.objects.all() if RIGHT_NAME in json.dumps(each.after, ensure_ascii=False)]
    assert ADDRESS not in told


def test_nothing_is_put_right_that_was_not_asked_proven_declared_or_fitting(one):
    good = {"tenants__Address__name": RIGHT_NAME}
    for row in (asked(one, is_proven=False), asked(one, Right.ERASURE)):
        with pytest.raises(Impossible):
            put_right(row, **good)
    row = asked(one)
    for wrong in (
        {"tenants__Address__name": "x" * 201},
        {"tenants__Address__name": "a\nb"},
        {"tenants__Address__name": " Somebody "},  # As it stands.
        {"tenants.Address.key:1": "eve2@one.example"},  # Declared, and not correctable.
        {"tenants.Address.name:999999": RIGHT_NAME},
        {},
    ):
        with pytest.raises(Impossible):
            put_right(row, **wrong)
    with scope(client=one):
        assert set(Address.objects.values_list("name", flat=True)) == {"Somebody"}
    assert put_right(row, tenants__Address__name="") == 1  # He may have it taken away.


def test_a_clients_request_reaches_its_own_rows_alone(one):
    two = client("Two")
    with scopes_disabled():
        other = Ticket.objects.filter(requester=ADDRESS).first()
        other.pk, other.client, other.token, other.requester_name = None, two, "b" * 32, "Eve at Two"
        other.save()
    row = asked(one)
    with requests.scope_of(row):
        assert "Eve at Two" not in [each.value for each in correctables(row)]
    with pytest.raises(Impossible):
        put_right(row, **{f"support.Ticket.requester_name:{other.pk}": RIGHT_NAME})


def test_only_what_proves_nothing_is_declared_correctable():
    declared = [(store, each) for store in IN_DATABASE for each in store.personal if each.is_correctable]
    assert declared
    for store, each in declared:
        assert each.erasing not in {Erasing.KEPT, Erasing.LAPSES}, (store.name, each.field)
        assert each.holds is Holds.BESIDE, (store.name, each.field)
        assert model_of(store)._meta.get_field(each.field).max_length, (store.name, each.field)

"""Nothing about people is held that is not declared: every model of every app, and every record outside of the database."""

from __future__ import annotations

import dataclasses
import typing
from dataclasses import replace
from enum import Enum

import pytest
from django.apps import apps
from django.db import models

from ecluse.control.accounts.models import User
from ecluse.control.privacy.declared import IN_DATABASE, STORES
from ecluse.control.privacy.erasing import SERVICES, TRAIL
from ecluse.control.privacy.outside import OUTSIDE, RECORDS
from ecluse.control.privacy.searching import LIMITS, SEARCHED, model_of
from ecluse.control.tenants.owned import Owned
from ecluse.domain.personal_data import Erasing, Store
from ecluse.entrypoints.web_settings import CONTROL_APPS

MODELS = apps.get_models(include_auto_created=True)
BY_NAME = {store.name: store for store in STORES}
TELLING = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.GenericIPAddressField,
    models.BinaryField,
    models.FileField,
)
SILENT_TYPES = (int, float, bool, type(None))


def can_tell(field: models.Field) -> bool:
    """Whether somebody could be told from it by its type: numbers, dates and closed choices say nothing by themselves."""
    if field.is_relation:
        return field.related_model is User
    return isinstance(field, TELLING) and not field.choices


def undeclared(model: type[models.Model], store: Store | None) -> set[str]:
    told = {field.name for field in model._meta.local_concrete_fields if can_tell(field)}
    return told - (store.declared if store else frozenset())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_field_that_can_tell_of_somebody_is_declared(model):
    assert undeclared(model, BY_NAME.get(model._meta.label)) == set()


def test_a_field_that_nobody_has_declared_is_found():
    store = BY_NAME["suppression.SuppressedRecipient"]
    without = replace(store, fields=tuple(each for each in store.fields if each.field != "recipient"))
    assert undeclared(model_of(store), without) == {"recipient"}
    assert undeclared(model_of(store), None) == {"recipient", "key", "why", "added_by"}


@pytest.mark.parametrize("store", IN_DATABASE, ids=lambda store: store.name)
def test_what_is_declared_is_there(store):
    fields = {field.name for field in model_of(store)._meta.local_concrete_fields}
    assert store.declared <= fields


def test_each_store_is_declared_once_and_each_control_app_declares():
    assert len(BY_NAME) == len(STORES)
    labels = {apps.get_app_config(name.rpartition(".")[2]).label for name in CONTROL_APPS}
    assert labels <= {store.name.partition(".")[0] for store in IN_DATABASE}


def can_tell_by_hint(hint: object) -> bool:
    """A record of ours may hold words wherever it holds no number, no enum and no other record."""
    parts = [part for part in typing.get_args(hint) if part is not Ellipsis]
    if parts:
        return any(can_tell_by_hint(part) for part in parts)
    is_enum = isinstance(hint, type) and issubclass(hint, Enum)
    return not (hint in SILENT_TYPES or is_enum or dataclasses.is_dataclass(hint))


def told_by(record: type) -> set[str]:
    hints = typing.get_type_hints(record)
    return {
        f"{record.__name__}.{field.name}" for field in dataclasses.fields(record) if can_tell_by_hint(hints[field.name])
    }


@pytest.mark.parametrize("store", OUTSIDE, ids=lambda store: store.name)
def test_every_record_outside_of_the_database_is_declared(store):
    records = RECORDS[store.name]
    told = set().union(*map(told_by, records))
    # An address is a record of its own, which its field stands for.
    whole = {"QueuedMessage.sender", "QueuedMessage.recipients", "QueuedRecipient.address"}
    assert told <= store.declared
    assert store.declared - told <= whole
    inside = {name for record in records for name in nested(record)} - {"Address", "ReportMail"}
    assert inside <= {record.__name__ for record in records}


def nested(record: type) -> set[str]:
    """The records that one consists of."""
    found = set()
    for hint in typing.get_type_hints(record).values():
        parts = typing.get_args(hint) or (hint,)
        found |= {part.__name__ for part in parts if dataclasses.is_dataclass(part)}
    return found


def test_what_stays_says_why():
    silent = [
        f"{store.name}.{each.field}"
        for store in STORES
        for each in store.personal
        if each.erasing in {Erasing.KEPT, Erasing.LAPSES} and not each.why
    ]
    assert silent == []


def test_what_goes_by_an_act_of_its_own_has_one():
    named = {store.name for store in IN_DATABASE for each in store.personal if each.erasing is Erasing.SERVICE}
    assert named - {TRAIL} == set(SERVICES)


def test_a_clients_request_knows_how_far_it_may_look_in_every_table():
    free = {
        store.name
        for store in IN_DATABASE
        if any(each.holds in SEARCHED for each in store.personal) and not issubclass(model_of(store), Owned)
    }
    assert free <= set(LIMITS)


@pytest.mark.parametrize("store", IN_DATABASE, ids=lambda store: store.name)
def test_no_row_is_emptied_of_what_it_cannot_be_without(store):
    """A column that must differ from row to row is unnamed by a word that differs, and never emptied."""
    for each in store.personal:
        field = model_of(store)._meta.get_field(each.field)
        if each.erasing is Erasing.EMPTIED:
            assert not field.unique
            assert field.blank

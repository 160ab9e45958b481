"""Of two administrators at once neither loses what he has wished."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest
from django.db import connections
from django_scopes import scope

from ecluse.control.policies import outbound_rules, services
from ecluse.control.policies.outbound_rules import move_up, put_rule, remove_rule, rules, set_rules
from ecluse.domain.sending_rule import RuleAction
from ecluse.wire.sending_rules import RuleTerms
from tests.control.cast import ADMIN, client

EACH, WRITERS = 5, 3


def rule(name):
    return RuleTerms(name=name, action=RuleAction.HOLD)


def names():
    return [one.name for one in rules()]


@pytest.fixture
def one(db):
    one = client("One")
    with scope(client=one):
        set_rules(one, (rule("a"), rule("b")), by=ADMIN)
        yield one


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda one: put_rule(one, rule("mine"), by=ADMIN), ["a", "b", "other", "mine"]),
        (lambda one: put_rule(one, rule("mine"), in_place_of="a", by=ADMIN), ["mine", "b", "other"]),
        (lambda one: remove_rule(one, "a", by=ADMIN), ["b", "other"]),
        (lambda one: move_up(one, "b", by=ADMIN), ["b", "a", "other"]),
        (lambda one: move_up(one, "a", by=ADMIN), ["a", "b", "other"]),
        (lambda one: move_up(one, "gone", by=ADMIN), ["a", "b", "other"]),
    ],
)
def test_a_rule_that_was_put_just_before_stays(one, monkeypatch, act, expected):
    change = services.change

    @contextmanager
    def after_another(*, by):
        monkeypatch.setattr(services, "change", change)
        outbound_rules.put_rule(one, rule("other"), by=ADMIN)
        with change(by=by) as begun:
            yield begun

    monkeypatch.setattr(services, "change", after_another)
    act(one)
    assert names() == expected


@pytest.mark.django_db(transaction=True)
def test_none_is_lost_however_many_write_at_once():
    one, start = client("One"), threading.Barrier(WRITERS)

    def write(writer):
        start.wait(60)
        try:
            with scope(client=one):
                for turn in range(EACH):
                    put_rule(one, rule(f"{writer}-{turn}"), by=ADMIN)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for each in writers:
        each.start()
    for each in writers:
        each.join(60)
    with scope(client=one):
        assert sorted(names()) == [f"{writer}-{turn}" for writer in range(WRITERS) for turn in range(EACH)]

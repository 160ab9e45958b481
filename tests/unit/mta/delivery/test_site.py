"""How much servers bear, as their answers teach it."""

from __future__ import annotations

import pytest

from ecluse.mta.delivery.providers import TABLE, provider_of
from ecluse.mta.delivery.site import LONGEST_PAUSE_S, Site, is_complaint


@pytest.mark.parametrize(
    "answer",
    [
        "421 4.7.0 Try again later",
        "421 too busy",
        "450 4.7.1 too much mail from you",
        "451 4.7.650 The mail server has been temporarily rate limited",
        "smtp://mx.example:25: greeted with 421 4.7.28 unusual rate",
        "smtp://mx.example:25: EHLO was answered 421 4.3.2 overloaded",
    ],
)
def test_what_asks_us_to_slow_down_is_a_complaint(answer):
    assert is_complaint(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "450 4.2.1 mailbox busy",
        "452 4.2.2 full",
        "451 4.3.0 see error 421 4.7.0",
        "550 5.7.1 spam",
        "connection refused",
        "",
    ],
)
def test_what_is_about_something_else_is_none(answer):
    assert not is_complaint(answer)


def test_good_answers_open_the_window_one_by_one_up_to_the_most():
    site = Site("mx.example", most=4)
    opened = []
    for _ in range(12):
        site.praise(0.0)
        opened.append(site.places(0.0))
    assert opened == sorted(opened)
    assert (opened[0], opened[-1]) == (2, 4)


def test_a_complaint_halves_it_and_rests_and_what_was_under_way_counts_once():
    site = Site("mx.example", most=20, window=16.0)
    for _ in range(16):
        site.complain(100.0)
    assert site.window == 8.0
    assert site.places(100.0) == 0
    assert site.places(105.0) == 8


def test_pauses_grow_with_each_complaint_and_end():
    site, ticks, pauses = Site("mx.example", most=20), 0.0, []
    for _ in range(12):
        site.complain(ticks)
        pauses.append(site.rests_until - ticks)
        ticks = site.rests_until + 60.0
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (5.0, LONGEST_PAUSE_S)
    assert site.places(ticks) == 1


def test_what_is_under_way_takes_places():
    site = Site("mx.example", most=4, window=3.0)
    site.active |= {"a", "b"}
    assert site.places(0.0) == 1


def test_a_provider_is_known_by_its_servers_names():
    assert provider_of("aspmx.l.google.com").name == "google"
    assert provider_of("d-example.mail.protection.outlook.com").name == "microsoft"
    own = provider_of("mx.example.org")
    assert (own.name, own.connections) == ("mx.example.org", 0)
    assert provider_of("google.com").name == "google.com"


def test_every_provider_of_the_table_has_sound_limits():
    for line in TABLE.read_text().splitlines():
        if line.startswith("hosts"):
            for pattern in line.partition("[")[2].strip("]").replace('"', "").split(", "):
                found = provider_of(pattern.replace("*", "mx"))
                assert 1 <= found.connections <= 100
                assert 1 <= found.messages <= 1_000

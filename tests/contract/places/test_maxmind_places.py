"""Countries and networks out of files that a test has made."""

from __future__ import annotations

import os
import time

import pytest

from ecluse.adapters.maxmind import places as module
from ecluse.adapters.maxmind.places import MaxmindPlaces, asn_in, country_in, open_file
from ecluse.domain.errors import Impossible
from ecluse.domain.place import NOWHERE, Place
from tests.contract.places.mmdb import database

COUNTRIES = database(
    {
        "192.0.2.0/24": {"country": {"iso_code": "FR", "names": {"en": "France"}}},
        "198.51.100.0/25": {"registered_country": {"iso_code": "DE"}},
        "2001:db8::/32": {"country": {"iso_code": "CH"}},
    }
)
NETWORKS = database(
    {
        "192.0.2.0/24": {"autonomous_system_number": 64_500, "autonomous_system_organization": "Somebody"},
        "2001:db8::/32": {"autonomous_system_number": 4_200_000_001},
    }
)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.0)


@pytest.fixture
def places_of():
    """Opens databases, and closes them after the test."""
    opened = []

    def open_both(country, asn=None):
        opened.append(MaxmindPlaces(country, asn))
        return opened[-1]

    yield open_both
    for places in opened:
        places.close()


@pytest.fixture
def files(tmp_path):
    country, asn = tmp_path / "country.mmdb", tmp_path / "asn.mmdb"
    country.write_bytes(COUNTRIES)
    asn.write_bytes(NETWORKS)
    return country, asn


@pytest.mark.parametrize(
    ("ip", "place"),
    [
        ("192.0.2.7", Place("FR", 64_500)),
        ("198.51.100.1", Place("DE")),
        ("198.51.100.200", NOWHERE),
        ("2001:db8::1", Place("CH", 4_200_000_001)),
        ("2001:db9::1", NOWHERE),
        ("", NOWHERE),
        ("no address", NOWHERE),
        ("fe80::1%eth0", NOWHERE),
    ],
)
def test_an_address_is_at_home_where_the_files_say(places_of, files, ip, place):
    assert places_of(*files).find(ip) == place


def test_without_files_nothing_is_known():
    assert MaxmindPlaces(None, None).find("192.0.2.7") == NOWHERE


def test_one_file_is_enough(places_of, files):
    assert places_of(files[0]).find("192.0.2.7") == Place("FR")
    assert places_of(None, files[1]).find("192.0.2.7") == Place("", 64_500)


def test_a_file_that_was_replaced_is_read_anew(places_of, files):
    places = places_of(*files)
    assert places.find("192.0.2.7").country == "FR"
    newer = files[0].with_suffix(".new")
    newer.write_bytes(database({"192.0.2.0/24": {"country": {"iso_code": "BE"}}}))
    newer.replace(files[0])
    assert places.find("192.0.2.7") == Place("BE", 64_500)


def test_between_two_looks_at_the_file_the_one_that_is_open_serves(places_of, files, monkeypatch):
    places = places_of(*files)
    places.find("192.0.2.7")
    monkeypatch.setattr(module, "LOOK_EVERY_S", 3_600.0)
    files[0].unlink()
    assert places.find("192.0.2.7").country == "FR"


def test_a_file_that_comes_later_is_found(places_of, tmp_path):
    places = places_of(tmp_path / "later.mmdb")
    assert places.find("192.0.2.7") == NOWHERE
    (tmp_path / "later.mmdb").write_bytes(COUNTRIES)
    assert places.find("192.0.2.7").country == "FR"


@pytest.mark.parametrize(
    "octets",
    [b"", b"no database", b"\0" * 4_096, COUNTRIES[:-40], COUNTRIES[300:], COUNTRIES[-200:]],
    ids=["empty", "text", "zeros", "cut-behind", "cut-before", "metadata-alone"],
)
def test_a_broken_file_is_the_same_as_none(places_of, tmp_path, octets):
    path = tmp_path / "broken.mmdb"
    path.write_bytes(octets)
    assert places_of(path).find("192.0.2.7") == NOWHERE
    with pytest.raises(Impossible, match=r"format|Invalid"):
        open_file(path)


def test_any_cut_and_any_changed_octet_leave_a_place_or_none(places_of, tmp_path):
    path = tmp_path / "damaged.mmdb"
    for at in range(0, len(COUNTRIES), 37):
        for octets in (COUNTRIES[:at], COUNTRIES[:at] + b"\xff" + COUNTRIES[at + 1 :]):
            path.write_bytes(octets)
            assert isinstance(places_of(path, path).find("192.0.2.7"), Place)


def test_a_file_that_is_cut_while_it_is_open_kills_nobody(places_of, files):
    """Mapped into memory, the next look would end the process with SIGBUS."""
    places = places_of(*files)
    places.find("192.0.2.7")
    os.truncate(files[0], 0)
    os.truncate(files[1], 100)
    assert places.find("192.0.2.7") == NOWHERE


def test_a_folder_in_place_of_a_file_is_told(tmp_path):
    with pytest.raises(Impossible, match="directory"):
        open_file(tmp_path)


@pytest.mark.parametrize(
    ("record", "country"),
    [
        ({"country_code": "FR"}, "FR"),
        ({"country": "FR"}, "FR"),
        ({"country": {"iso_code": "fr"}}, ""),
        ({"country": {"iso_code": 7}}, ""),
        ({"country": ["FR"], "registered_country": {"iso_code": "DE"}}, "DE"),
        ({}, ""),
    ],
)
def test_records_of_other_publishers(record, country):
    assert country_in(record) == country


@pytest.mark.parametrize(
    ("record", "asn"),
    [
        ({"asn": "AS64500"}, 64_500),
        ({"asn": 64_500}, 64_500),
        ({"asn": "AS99999999999"}, 0),
        ({"asn": None}, 0),
        ({}, 0),
    ],
)
def test_numbers_of_other_publishers(record, asn):
    assert asn_in(record) == asn


def test_a_look_costs_well_below_a_millisecond(places_of, files):
    places = places_of(*files)
    places.find("192.0.2.7")
    began = time.process_time()
    for number in range(200):
        places.find(f"192.0.2.{number}")
    assert (time.process_time() - began) / 200 < 0.001

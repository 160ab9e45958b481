"""TLSA records and what fits them (RFC 6698, RFC 7671, RFC 7672)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from ecluse.wire.dane import fitting
from ecluse.wire.dane.fitting import misfit
from ecluse.wire.dane.tlsa import Tlsa, parse_tlsa
from tests.journeys.outbound_tls.certificates import Authority, self_signed

NOW = datetime.now(UTC)
CA, OTHER = Authority("CA"), Authority("Other")
LEAF = CA.issue(["mx.d.test", "*.w.test"])[1]
CHAIN = (LEAF.public_bytes(Encoding.DER), CA.certificate.public_bytes(Encoding.DER))


def key_of(certificate):
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def record(usage, certificate, selector=1, matching=1):
    octets = key_of(certificate) if selector else certificate.public_bytes(Encoding.DER)
    data = {0: octets, 1: hashlib.sha256(octets).digest(), 2: hashlib.sha512(octets).digest()}[matching]
    return Tlsa(usage, selector, matching, data)


@pytest.mark.parametrize("matching", [0, 1, 2])
@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize(("usage", "certificate"), [(3, LEAF), (2, CA.certificate)])
def test_every_form_of_record_fits_what_it_names(usage, certificate, selector, matching):
    wanted = record(usage, certificate, selector, matching)
    assert wanted.is_usable
    assert misfit([wanted], CHAIN, ["mx.d.test"], NOW) == ""
    assert misfit([record(usage, OTHER.certificate, selector, matching)], CHAIN, ["mx.d.test"], NOW) != ""


def test_one_record_that_fits_is_enough():
    assert misfit([record(3, OTHER.certificate), record(3, LEAF)], CHAIN, [], NOW) == ""


def test_a_key_that_is_named_itself_needs_neither_name_nor_date():
    assert misfit([record(3, LEAF)], CHAIN, ["elsewhere.test"], NOW + timedelta(days=900)) == ""


def test_under_a_named_authority_names_and_dates_count():
    wanted = [record(2, CA.certificate)]
    assert misfit(wanted, CHAIN, ["x.w.test"], NOW) == ""
    assert misfit(wanted, CHAIN, ["x.y.w.test"], NOW) == fitting.WRONG_NAME
    assert misfit(wanted, CHAIN, ["mx.d.test"], NOW + timedelta(days=900)) == fitting.EXPIRED


def test_an_authority_that_is_shown_and_has_signed_nothing_proves_nothing():
    stranger = self_signed(["mx.d.test"])[1].public_bytes(Encoding.DER)
    assert misfit([record(2, CA.certificate)], (stranger, CHAIN[1]), ["mx.d.test"], NOW) == fitting.BROKEN_CHAIN


def test_a_server_is_no_authority_whatever_its_records_say():
    below = Authority("leaf")
    below.name, below.key = LEAF.subject, CA.issue(["x.test"])[0]
    forged = below.issue(["mx.d.test"])[1].public_bytes(Encoding.DER)
    assert misfit([record(2, LEAF)], (forged, CHAIN[0]), ["mx.d.test"], NOW) == fitting.BROKEN_CHAIN


def test_an_authority_in_the_record_itself_need_not_be_shown():
    assert misfit([record(2, CA.certificate, 0, 0)], CHAIN[:1], ["mx.d.test"], NOW) == ""


def test_a_server_that_shows_nothing_fits_nothing():
    assert misfit([record(3, LEAF)], (), ["mx.d.test"], NOW) == fitting.NO_FIT


@pytest.mark.parametrize(
    "octets",
    [b"\0\1\1" + bytes(32), b"\1\1\1" + bytes(32), b"\3\2\1" + bytes(32), b"\3\1\3x", b"\3\1\1" + bytes(31), b"\3\1\0"],
)
def test_what_smtp_cannot_use_is_not_usable(octets):
    assert not parse_tlsa(octets).is_usable


@pytest.mark.parametrize("octets", [b"", b"\3\1", b"\3\1\1" + bytes(20_000)])
def test_what_is_no_record_is_none(octets):
    assert parse_tlsa(octets) is None


@given(st.lists(st.binary(max_size=300), max_size=3), st.binary(min_size=3, max_size=60))
def test_whatever_a_stranger_sends_is_answered(chain, octets):
    wanted = Tlsa(octets[0] % 4, octets[1] % 3, octets[2] % 4, octets[3:])
    assert misfit([wanted], [*chain, CHAIN[0][: len(octets) * 9]], ["mx.d.test"], NOW)

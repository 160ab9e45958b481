"""Packed reports, honest and hostile."""

from __future__ import annotations

import gzip
import io
import os
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.reports.faults import BrokenReport, OversizedReport, UnreadableReport
from ecluse.wire.reports.unpacking import MAX_LAYERS, MAX_MEMBERS, MAX_OCTETS, MAX_RATIO, unpack


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, octets in files:
            archive.writestr(name, octets)
    return buffer.getvalue()


@given(st.binary(max_size=2_000).filter(lambda data: not data.startswith((b"\x1f\x8b", b"PK\x03\x04"))))
@settings(derandomize=True, deadline=None)
def test_what_was_packed_comes_back(data):
    assert unpack(data) == data
    assert unpack(gzip.compress(data)) == data
    assert unpack(zipped(("report.xml", data))) == data
    assert unpack(zipped(("report.xml", data), method=zipfile.ZIP_STORED)) == data
    assert unpack(zipped(("report.xml.gz", gzip.compress(data)))) == data


@given(st.binary(max_size=400))
@settings(derandomize=True, deadline=None)
def test_damage_is_refused_and_nothing_worse(data):
    for packed in (b"\x1f\x8b" + data, b"PK\x03\x04" + data, b"PK\x03\x04" + data + zipped(("a", data))[-60:]):
        try:
            unpack(packed)
        except UnreadableReport:
            continue


@pytest.mark.parametrize("flipped", range(0, 300, 7))
def test_a_flipped_octet_never_gives_other_octets(flipped):
    data = bytes(range(256))
    for packed in (gzip.compress(data, mtime=0), zipped(("report.xml", data))):
        damaged = bytearray(packed)
        damaged[flipped % len(packed)] ^= 0xFF
        try:
            assert unpack(bytes(damaged)) in (data, bytes(damaged))
        except UnreadableReport:
            continue


def test_members_of_a_gzip_are_joined_and_rubbish_behind_them_is_left():
    assert unpack(gzip.compress(b"ab") + gzip.compress(b"cd") + b"\r\n\0") == b"abcd"


def test_the_file_that_looks_like_a_report_is_taken():
    assert unpack(zipped(("folder/", b""), ("readme", b"no"), ("folder/A.XML", b"yes"))) == b"yes"
    assert unpack(zipped(("unnamed", b"yes"))) == b"yes"


def test_octets_before_an_archive_do_not_disturb_its_directory():
    archive = zipped(("report.xml", b"yes"))
    assert unpack(archive[:4] + b"shift" + archive) == b"yes"


@pytest.mark.parametrize(
    "packed", [gzip.compress(b"abc" * 99)[:-1], zipped(("a", b"abc"))[:-30], zipped()], ids=["gzip", "zip", "empty"]
)
def test_what_ends_too_early_is_broken(packed):
    with pytest.raises(BrokenReport):
        unpack(b"PK\x03\x04" + packed if packed.startswith(b"PK\x05") else packed)


def test_an_encrypted_archive_and_an_unknown_method_are_refused():
    archive = bytearray(zipped(("a", b"abc")))
    directory = archive.rfind(b"PK\x01\x02")
    encrypted, unknown = bytearray(archive), bytearray(archive)
    encrypted[directory + 8] |= 1
    unknown[directory + 10] = 14
    for packed, reason in ((encrypted, "encrypted"), (unknown, "method 14")):
        with pytest.raises(BrokenReport, match=reason):
            unpack(bytes(packed))


def test_a_wrong_checksum_is_refused():
    archive = bytearray(zipped(("a", b"abc")))
    archive[archive.rfind(b"PK\x01\x02") + 16] ^= 1
    with pytest.raises(BrokenReport, match="checksum"):
        unpack(bytes(archive))


@pytest.mark.parametrize("pack", [gzip.compress, lambda octets: zipped(("report.xml", octets))], ids=["gzip", "zip"])
def test_a_bomb_is_refused_before_it_fills_the_memory(pack):
    packed = pack(bytes(200 * 1_048_576))
    tracemalloc.start()
    try:
        with pytest.raises(OversizedReport):
            unpack(packed)
        assert tracemalloc.get_traced_memory()[1] < 3 * MAX_OCTETS
    finally:
        tracemalloc.stop()


def test_a_ratio_that_no_report_has_is_refused_only_beyond_a_megabyte():
    assert len(unpack(gzip.compress(bytes(1_048_576)))) == 1_048_576
    packed = gzip.compress(bytes(4_000_000))
    assert len(packed) * MAX_RATIO < 4_000_000
    with pytest.raises(OversizedReport):
        unpack(packed)


def test_a_large_report_with_a_usual_ratio_is_unpacked():
    data = os.urandom(1_000_000) + b" " * 9_000_000
    assert unpack(gzip.compress(data)) == data


def test_members_and_layers_are_counted():
    with pytest.raises(OversizedReport, match="members"):
        unpack(gzip.compress(b"a") * (MAX_MEMBERS + 1))
    with pytest.raises(OversizedReport, match="members"):
        unpack(zipped(*[(str(number), b"a") for number in range(MAX_MEMBERS + 1)]))
    layered = b"a"
    for _ in range(MAX_LAYERS):
        layered = gzip.compress(layered)
    assert unpack(layered) == b"a"
    with pytest.raises(OversizedReport, match="containers"):
        unpack(gzip.compress(layered))


def test_plain_octets_have_a_limit_too():
    with pytest.raises(OversizedReport):
        unpack(bytes(MAX_OCTETS + 1))

"""Our letters are signed, and whoever verifies finds it so: our own verifier, dkimpy, OpenDKIM."""

from __future__ import annotations

import shutil
import subprocess
import time

import dkim
import pytest
from structlog.testing import capture_logs

from ecluse.domain.dns import Answer, DnsStatus
from ecluse.domain.errors import Impossible
from ecluse.domain.ids import new_id
from ecluse.entrypoints.console_tables import Web
from ecluse.entrypoints.letter_signing import LetterSigner, keys_found, make_signing_keys, signing_keys
from ecluse.entrypoints.paths import DataPaths
from ecluse.entrypoints.settings_tables import Settings
from ecluse.wire.dkim.publishing import Standing
from ecluse.wire.letters import Letter, octets_of
from tests.unit.wire.dkim.keys import answer
from tests.unit.wire.dkim.mails import outcomes

OPENDKIM = shutil.which("opendkim")
NOT_THERE = Answer(DnsStatus.NXDOMAIN)
SILENT = Answer(DnsStatus.TIMEOUT)


@pytest.fixture
def settings(tmp_path):
    return Settings(hostname="gateway.test", data_dir=tmp_path, web=Web(url="https://console.gateway.test"))


@pytest.fixture
def zone(settings):
    """The DNS after the records of the command were pasted."""
    make_signing_keys(settings, time.time())
    found = keys_found(settings, lambda *_: NOT_THERE)
    assert {each.standing for each in found} == {Standing.MISSING}
    return {each.record.name: _answer(each.record.text) for each in found}


def _answer(text):
    return answer(text.encode())


def looking_into(zone):
    return lambda name, kind: zone.get(name, NOT_THERE) if kind == "TXT" else NOT_THERE


def letter():
    return octets_of(
        Letter(
            "Écluse",
            "quarantine@console.gateway.test",
            "ann@one.example",
            "Trois messages sont retenus: été",
            "Émile,\n\n.\nvoilà\n",
            "<p>voilà</p>" + "é" * 2_000,
            fields=(
                ("List-Unsubscribe", "<https://console.gateway.test/d/u/x>"),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
                ("Auto-Submitted", "auto-generated"),
            ),
        ),
        new_id(),
        time.time(),
    )


def signed(settings, zone):
    return LetterSigner(settings, looking_into(zone)).signed(letter())


def test_a_letter_is_signed_with_both_keys_and_verifies(settings, zone):
    unsigned = letter()
    octets = LetterSigner(settings, looking_into(zone)).signed(unsigned)
    assert octets.endswith(unsigned)
    assert outcomes(octets, zone, time.time()) == [("pass", "")] * 2
    fields = octets.split(b"Content-Type", 1)[0]
    assert fields.index(b"rsa-sha256") < fields.index(b"ed25519-sha256")
    assert b"d=console.gateway.test" in fields
    assert b"list-unsubscribe-post" in fields


def test_dkimpy_says_so_too(settings, zone):
    verifier = dkim.DKIM(signed(settings, zone))
    texts = {f"{name}.".encode(): answer.octets[0] for name, answer in zone.items()}
    # Without PyNaCl it knows RSA alone: that signature stands on top.
    assert verifier.verify(0, dnsfunc=lambda name, timeout=5: texts[name])


@pytest.mark.peers
@pytest.mark.skipif(OPENDKIM is None, reason="no opendkim: scripts/install-test-servers")
def test_opendkim_says_so_too(settings, zone, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text("".join(f"{name} {answer.octets[0].decode()}\n" for name, answer in zone.items()))
    (tmp_path / "opendkim.conf").write_text(f"Mode v\nTestPublicKeys {keys}\n")
    message = tmp_path / "letter"

    def said():
        command = [OPENDKIM, "-x", str(tmp_path / "opendkim.conf"), "-t", str(message), "-vv"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout + done.stderr

    octets = signed(settings, zone)
    message.write_bytes(octets)
    assert "verification (s=" in said()
    assert "succeeded" in said()
    message.write_bytes(octets.replace(b"To:", b"To: ").replace(b"ann@one", b"eve@one"))
    assert "succeeded" not in said()


def test_a_changed_letter_or_a_second_subject_does_not_verify(settings, zone):
    octets = signed(settings, zone)
    for forged in (
        octets.replace(b"ann@one.example", b"eve@one.example"),
        b"Subject: another\r\n" + octets,
        octets.replace(b"One-Click", b"Two-Click"),
    ):
        assert "pass" not in {result for result, _ in outcomes(forged, zone, time.time())}


def test_a_key_that_is_not_in_the_dns_signs_nothing_and_the_log_says_so(settings, zone):
    names = sorted(zone)
    del zone[names[0]]
    with capture_logs() as said:
        octets = signed(settings, zone)
    assert octets.count(b"DKIM-Signature:") == 1
    assert [(each["event"], each["record"]) for each in said] == [
        ("a key that is not in the DNS signs nothing", names[0])
    ]
    swapped = {name: zone.get(name) or _answer("v=DKIM1; k=ed25519; p=" + "A" * 43 + "=") for name in names}
    assert Standing.OTHER in {each.standing for each in keys_found(settings, looking_into(swapped))}


def test_while_the_dns_is_silent_letters_are_signed_as_before(settings, zone):
    del zone
    assert LetterSigner(settings, lambda *_: SILENT).signed(letter()).count(b"DKIM-Signature:") == 2


def test_without_keys_letters_leave_as_they_are_and_nobody_is_asked(settings):
    def never(*_):
        raise AssertionError

    octets = letter()
    assert LetterSigner(settings, never).signed(octets) == octets


def test_a_key_that_cannot_be_read_stops_no_letter(settings, zone):
    del zone
    [file, *_] = DataPaths(settings.data_dir).signing_keys.iterdir()
    file.write_text("no key")
    with pytest.raises(Impossible):
        signing_keys(settings)
    with capture_logs() as said:
        octets = LetterSigner(settings, lambda *_: NOT_THERE).signed(letter())
    assert octets.count(b"DKIM-Signature:") == 0
    assert [each["event"] for each in said] == ["letters go out unsigned"]


def test_keys_are_for_us_alone_to_read_and_a_new_pair_stands_beside_the_old(settings, zone):
    del zone
    make_signing_keys(settings, time.time() + 3_600)
    assert len(signing_keys(settings)) == 4
    assert {file.stat().st_mode & 0o777 for file in DataPaths(settings.data_dir).signing_keys.iterdir()} == {0o600}
    assert all(
        len(part) <= 255
        for each in keys_found(settings, lambda *_: SILENT)
        for part in each.record.zone_line.split('"')[1::2]
    )

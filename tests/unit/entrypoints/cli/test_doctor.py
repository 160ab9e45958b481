"""`ecluse doctor`: what it finds and what it advises."""

from __future__ import annotations

import os
import resource
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.adapters.lmdb.policies import publish
from ecluse.domain.dns import Answer, DnsStatus
from ecluse.domain.errors import BadConfig
from ecluse.entrypoints.doctor import certificate, clamd, command, databases, disk, machine, outbound, policy, sources
from ecluse.entrypoints.doctor.counters import counters
from ecluse.entrypoints.doctor.diagnosis import Patient, State
from ecluse.entrypoints.options import read_settings
from ecluse.entrypoints.policy_file import load_policy
from ecluse.entrypoints.source_tables import SourceTable
from ecluse.wire.notations import DomainName, IpAddress
from tests.contract.places.mmdb import database

DAY = timedelta(days=1)
KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def patient(data):
    def make(added: str = "") -> Patient:
        data.config.write_text(data.config.read_text("utf-8") + added, "utf-8")
        return Patient(data.config, read_settings(data.config), None)

    return make


def states(diagnoses) -> dict[str, State]:
    return {one.subject: one.state for one in diagnoses}


def test_a_check_that_cannot_look_does_not_stop_the_others(patient):
    def blind(_patient):
        yield from ()
        raise PermissionError(13, "Permission denied")

    [found] = command._examine(blind, patient())
    assert (found.subject, found.state) == ("blind", State.FAIL)


# --- Policy


def test_a_policy_file_with_a_mistake_fails(patient, data):
    node = patient()
    data.config.with_name("policy.toml").write_text("[[clients]]\nnam = 1\n", "utf-8")
    [found] = policy.policy_file(node)
    assert found.state is State.FAIL
    assert "policy.toml:2" in found.found


def test_a_policy_that_is_published_is_ok(patient, data):
    publish(data.paths.policy, load_policy(data.config.with_name("policy.toml")))
    [found] = policy.policy_store(patient())
    assert found.state is State.OK
    assert "0 s ago" in found.found


def test_a_policy_that_the_first_start_will_publish_is_worth_a_word(patient):
    [found] = policy.policy_store(patient())
    assert found.state is State.WARN


def test_a_node_that_no_policy_will_ever_reach_fails(patient, data):
    data.config.write_text(data.config.read_text("utf-8").replace('file = "policy.toml"', ""), "utf-8")
    [found] = policy.policy_store(patient())
    assert found.state is State.FAIL


def test_a_torn_policy_store_fails(patient, data):
    data.paths.policy.mkdir()
    (data.paths.policy / "data.mdb").write_bytes(b"torn")
    [found] = policy.policy_store(patient())
    assert found.state is State.FAIL


# --- Certificate


def pem(begins: datetime, ends: datetime) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway.test")])
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), x509.random_serial_number())
    signed = builder.not_valid_before(begins).not_valid_after(ends).sign(KEY, hashes.SHA256())
    key = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key + signed.public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    ("begins", "ends", "state"),
    [(-1, 90, State.OK), (-80, 10, State.WARN), (-90, -1, State.FAIL), (1, 90, State.FAIL)],
)
def test_the_dates_of_the_certificate_are_looked_at(patient, data, begins, ends, state):
    now = datetime.now(UTC)
    data.config.with_name("gateway.pem").write_bytes(pem(now + begins * DAY, now + ends * DAY))
    [found] = certificate.certificate(patient('[tls]\ncertificate = "gateway.pem"\nkey = "gateway.pem"\n'))
    assert found.state is state


def test_no_certificate_is_worth_a_word(patient):
    [found] = certificate.certificate(patient())
    assert found.state is State.WARN


def test_without_outbound_doors_there_is_nothing_to_say(patient):
    assert list(outbound.outbound_doors(patient())) == []


OUTBOUND = '[outbound]\nlisten = ["127.0.0.1:0"]\nroute = "smtp://127.0.0.1"\n'


def test_outbound_doors_without_tls_let_nobody_log_in(patient):
    [found] = outbound.outbound_doors(patient(OUTBOUND))
    assert (found.state, found.found) == (State.WARN, "nobody can log in")


def test_outbound_doors_that_ask_for_certificates_are_well(patient, data):
    now = datetime.now(UTC)
    data.config.with_name("gateway.pem").write_bytes(pem(now - DAY, now + 90 * DAY))
    tls = '[tls]\ncertificate = "gateway.pem"\nkey = "gateway.pem"\n'
    [found] = outbound.outbound_doors(patient(OUTBOUND + tls))
    assert found.state is State.OK


def test_a_trusted_network_that_is_everybodys_is_an_open_relay(patient):
    node = patient(OUTBOUND + 'trusted_networks = ["40.92.0.0/15"]\n')
    assert [each.state for each in outbound.outbound_doors(node)] == [State.FAIL, State.WARN]


def test_an_address_that_mail_should_leave_from_must_be_here(patient):
    here, elsewhere = "127.0.0.9", "203.0.113.77"
    pool = ", ".join(f'{{ address = "{one}", hostname = "out.gateway.test" }}' for one in (here, elsewhere))
    found = list(sources.outbound_sources(patient(f"[outbound.sources]\ngood = [{pool}]\n")))
    assert [each.state for each in found] == [State.OK, State.FAIL]
    assert elsewhere in found[1].found


@pytest.mark.parametrize(
    ("forward", "back", "state"),
    [
        (("192.0.46.9",), ("out.gateway.test",), State.OK),
        (("192.0.46.9", "192.0.46.10"), ("host9.test", "out.gateway.test"), State.OK),
        (("192.0.46.8",), ("out.gateway.test",), State.WARN),
        (("192.0.46.9",), (), State.WARN),
    ],
)
def test_the_name_of_an_address_leads_there_and_back(forward, back, state):
    source = SourceTable(address=IpAddress("192.0.46.9"), hostname=DomainName("out.gateway.test"))
    answers = {("out.gateway.test", "A"): forward, ("9.46.0.192.in-addr.arpa", "PTR"): back}
    found = sources.named(source, lambda *question: Answer(DnsStatus.OK, answers[question]))
    assert found.state is state


@given(st.datetimes(datetime(1950, 1, 1), datetime(9998, 1, 1)), st.integers(1, 300))  # noqa: DTZ001 - made aware below.
@settings(derandomize=True, deadline=None, max_examples=30)
def test_every_date_that_a_certificate_can_hold_is_read(begins, days):
    begins = begins.replace(microsecond=0, tzinfo=UTC)
    signed = x509.load_pem_x509_certificate(pem(begins, begins + days * DAY))
    assert certificate.validity(signed.public_bytes(Encoding.DER)) == (
        begins.timestamp(),
        (begins + days * DAY).timestamp(),
    )


DER = x509.load_pem_x509_certificate(pem(datetime.now(UTC), datetime.now(UTC) + DAY)).public_bytes(Encoding.DER)


@given(st.binary(max_size=60) | st.integers(0, 200).map(lambda end: DER[:end]))
@settings(derandomize=True, deadline=None)
def test_what_is_no_certificate_is_refused_and_nothing_else(octets):
    with pytest.raises(ValueError, match=r"."):
        certificate.validity(octets)


# --- Disk


def test_a_good_disk_is_ok(patient, data):
    data.paths.journal.mkdir()
    node = patient()
    found = states((*disk.data_folder(node), *disk.journal(node), *disk.damaged(node)))
    assert found["data folder"] is found["spool"] is found["quarantine"] is State.OK


def test_a_full_disk_fails(patient, data):
    data.config.write_text(data.config.read_text("utf-8").replace("reserve_bytes = 0", f"reserve_bytes = {1 << 60}"))
    assert states(disk.data_folder(patient()))["disk space"] is State.FAIL


def test_a_disk_that_fills_up_is_worth_a_word(patient, data):
    free = os.statvfs(data.paths.root).f_bavail * os.statvfs(data.paths.root).f_frsize
    data.config.write_text(data.config.read_text("utf-8").replace("reserve_bytes = 0", f"reserve_bytes = {free // 2}"))
    assert states(disk.data_folder(patient()))["disk space"] is State.WARN


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_we_may_not_write_to_fails(patient, data):
    node = patient()
    data.paths.root.chmod(0o500)
    assert states(disk.data_folder(node)) == {"data folder": State.FAIL}


def test_a_damaged_message_fails_until_somebody_has_seen_to_it(patient, data):
    aside = data.paths.spool / "damaged"
    aside.mkdir(parents=True)
    (aside / "019a").touch()
    found = states(disk.damaged(patient()))
    assert found == {"spool": State.FAIL, "quarantine": State.OK}


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /var/lib rw,nosuid - nfs4 server:/x rw
24 22 0:22 / /var/lib/my\\040data rw shared:7 master:2 - xfs /dev/sdb rw
25 22 0:23 / /var/libel rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/etc", "ext4"),
        ("/var/lib/ecluse", "nfs4"),
        ("/var/lib/my data/x", "xfs"),
        ("/var/libel", "tmpfs"),
        ("/", "ext4"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(path, kind):
    assert disk.file_system_of(Path(path), MOUNTS) == kind


# --- clamd

ENOUGH = {"StreamMaxLength": "50M", "MaxFileSize": "60m", "MaxScanSize": "1G", "AlertExceedsMax": "yes"}
NEEDED = 50 << 20


@pytest.mark.parametrize(
    ("changed", "failed"),
    [
        ({}, set()),
        ({"StreamMaxLength": "25M"}, {"StreamMaxLength"}),
        ({"MaxFileSize": "52428799"}, {"MaxFileSize"}),
        ({"MaxFileSize": "0"}, set()),
        ({"MaxScanSize": "much"}, {"MaxScanSize"}),
        ({"AlertExceedsMax": "no"}, {"AlertExceedsMax"}),
        ({"AlertExceedsMax": "TRUE"}, set()),
    ],
)
def test_clamd_must_look_at_all_that_we_accept(changed, failed):
    found = states(clamd.judge_limits(ENOUGH | changed, NEEDED, Path("clamd.conf")))
    assert {subject for subject, state in found.items() if state is State.FAIL} == failed
    assert set(found) == set(ENOUGH)


def test_without_its_lines_clamd_looks_at_enough_but_does_not_say_when_it_stops():
    found = states(clamd.judge_limits({}, NEEDED, Path("clamd.conf")))
    assert [subject for subject, state in found.items() if state is State.FAIL] == ["AlertExceedsMax"]


def test_the_lines_of_clamds_configuration_are_read():
    text = '# MaxFileSize 1M\nMaxFileSize 25M\n\nStreamMaxLength\t 50M # enough\nExample\nLogFile "/var/log/x y"\n'
    assert clamd.read_options(text) == {"MaxFileSize": "25M", "StreamMaxLength": "50M", "LogFile": "/var/log/x y"}


@given(st.text(max_size=200))
@settings(derandomize=True, deadline=None)
def test_no_configuration_of_clamd_is_too_strange_to_be_judged(text):
    assert len(list(clamd.judge_limits(clamd.read_options(text), NEEDED, Path("x")))) == 4


@pytest.mark.parametrize(
    ("reply", "engine", "made"),
    [
        (
            "ClamAV 1.4.3/27461/Wed Nov 18 09:23:41 2026",
            "ClamAV 1.4.3/27461",
            datetime(2026, 11, 18, 9, 23, 41, tzinfo=UTC).timestamp(),
        ),
        ("ClamAV 1.4.3/27461/some day", "ClamAV 1.4.3/27461", 0.0),
        ("ClamAV 1.4.3", "ClamAV 1.4.3", 0.0),
        ("UNKNOWN COMMAND", "", 0.0),
        ("", "", 0.0),
    ],
)
def test_clamds_version_tells_the_age_of_its_signatures(reply, engine, made):
    assert clamd.read_version(reply) == (engine, made)


@pytest.mark.parametrize(("age_s", "state"), [(3_600, State.OK), (4 * 86_400, State.FAIL)])
def test_old_signatures_fail(age_s, state):
    now = time.time()
    assert clamd._signatures(now - age_s, now).state is state


def test_the_limits_of_a_clamd_elsewhere_are_not_read_here(patient):
    [found] = clamd.clamd_limits(patient('[scanners]\nclamd = "tcp:192.0.2.7:3310"\n'))
    assert found.state is State.WARN
    assert "another machine" in found.found


def test_no_scanner_at_all_is_worth_a_word(patient):
    node = patient()
    assert states(clamd.clamd(node)) == {"virus scanner": State.WARN}
    assert list(clamd.clamd_limits(node)) == []


# --- Machine


@pytest.mark.parametrize(
    ("limit", "state"), [(3_000, State.OK), (2_000, State.FAIL), (resource.RLIM_INFINITY, State.OK)]
)
def test_each_worker_needs_a_file_for_each_of_its_connections(patient, monkeypatch, limit, state):
    monkeypatch.setattr(machine.resource, "getrlimit", lambda _: (limit, limit))
    [found] = machine.open_files(two_workers(patient))
    assert found.state is state


def two_workers(patient) -> Patient:
    node = patient("[inbound]\nmax_connections = 4000\n")
    path = node.config
    path.write_text("workers = 2\n" + path.read_text("utf-8"), "utf-8")
    return Patient(path, read_settings(path), None)


def test_the_counter_server_is_asked_and_nothing_is_written(patient, data):
    """Root asks before the first start, and the node runs as somebody else."""
    [found] = counters(patient('[counters]\nserver = "valkey://127.0.0.1:1/0"\n'))
    assert found.state is State.FAIL
    assert not data.paths.salt.parent.exists()


@pytest.mark.parametrize("server", ["valkey://[x", "valkey://host:abc/0"])
def test_a_counter_server_that_is_no_url_is_a_complaint(patient, server):
    with pytest.raises(BadConfig, match="expected valkey://"):
        patient(f'[counters]\nserver = "{server}"\n')


def test_a_clock_behind_our_own_records_fails(patient, data):
    data.paths.journal.mkdir()
    file = data.paths.journal / "reception-0-20260101T000000.000000Z.journal"
    file.touch()
    os.utime(file, (time.time() + 3_600, time.time() + 3_600))
    [found] = machine.clock(patient())
    assert found.state is State.FAIL


def test_the_kernel_is_asked_about_the_time_service(patient, monkeypatch):
    for is_unsynchronised, state in ((True, State.WARN), (False, State.OK)):
        monkeypatch.setattr(machine, "_is_unsynchronised", lambda answer=is_unsynchronised: answer)
        [found] = machine.clock(patient())
        assert found.state is state


def test_asking_the_kernel_changes_nothing_and_answers():
    assert machine._is_unsynchronised() in {True, False}


# --- Databases of addresses


def test_without_databases_nothing_is_said_about_them(patient):
    assert list(databases.address_databases(patient())) == []


def test_databases_that_can_be_read_and_are_new_are_fine(patient, data):
    data.config.with_name("asn.mmdb").write_bytes(database({"192.0.2.0/24": {"asn": 1}}, made=int(time.time())))
    [found] = databases.address_databases(patient('[connection]\nasn_database = "asn.mmdb"\n'))
    assert (found.subject, found.state) == ("ASN database", State.OK)


def test_a_database_that_is_old_broken_or_missing_is_to_be_seen_to_and_stops_nothing(patient, data):
    data.config.with_name("old.mmdb").write_bytes(database({"192.0.2.0/24": {"asn": 1}}, made=1_600_000_000))
    data.config.with_name("broken.mmdb").write_bytes(b"rubbish")
    tables = '[connection]\nasn_database = "old.mmdb"\ncountry_database = "broken.mmdb"\n'
    found = list(databases.address_databases(patient(tables)))
    assert [(one.subject, one.state) for one in found] == [
        ("country database", State.WARN),
        ("ASN database", State.WARN),
    ]
    assert "format" in found[0].found
    assert "ago" in found[1].found

"""A probe keeps what it found until the console has it: nothing is lost, nothing counts twice (9-7, 9-8)."""

from __future__ import annotations

import time

import pytest
from django_scopes import scope
from structlog.testing import capture_logs

from ecluse.adapters.folder.probe_results import KeptResults
from ecluse.control.accounts.roles import PERMISSIONS, Role
from ecluse.control.audit.actor import Actor, ActorKind
from ecluse.control.sla import probes, servers
from ecluse.control.sla.models import ProbedHour
from ecluse.domain.errors import BadConfig
from ecluse.domain.incoming import Direction
from ecluse.domain.probe_result import ProbeResult
from ecluse.entrypoints.probing import reporting
from ecluse.entrypoints.probing.reporting import report
from ecluse.entrypoints.probing.settings import load_probe_settings
from ecluse.wire.notations import DomainName
from tests.control.cast import OPERATOR, client
from tests.control.measured import FIRST, SECOND
from tests.loopback import free_port
from tests.web.house import person


@pytest.fixture
def minute():
    return int(time.time()) // 60 - 200


@pytest.fixture
def probe(tmp_path):
    """Settings of a probe that tells the console at an address."""

    def settings(url, secret):
        (tmp_path / "key").write_text(secret)
        (tmp_path / "probe.toml").write_text(
            f'console = "{url}"\nkey_file = "key"\nstate_dir = "state"\nhostname = "p.probe.test"\n'
            f'sender = "p@probe.test"\nrecipient = "s@probe.test"\n[[servers]]\nname = "{FIRST}"\n'
            'inbound = "smtp://192.0.2.1"\n'
        )
        return load_probe_settings(tmp_path / "probe.toml")

    return settings


def kept_at(tmp_path, *minutes, count=1):
    kept = KeptResults(tmp_path / "kept")
    for minute in minutes:
        names = [FIRST, SECOND] + [f"mx{number}.nobody.example" for number in range(count)]
        kept.keep(minute, tuple(ProbeResult(name, Direction.INBOUND, minute, is_missed=True) for name in names[:count]))
    return kept


@pytest.fixture
def secret(live_server):
    """Of a vantage point, where a client has two servers."""
    one = client("One")
    with scope(client=one):
        servers.assign(one, FIRST, SECOND, by=OPERATOR)
    pia = person("pia@provider.example", None, Role.PROVIDER_OWNER)
    by = Actor(ActorKind.PERSON, pia.email, id=pia.pk)
    return probes.add_point("Paris", may_lend=PERMISSIONS[Role.PROVIDER_OWNER], by=by)


def test_nothing_is_lost_while_the_console_is_away_and_nothing_told_twice(live_server, tmp_path, probe, minute, secret):
    kept = kept_at(tmp_path, *range(minute, minute + 90), count=20)
    with capture_logs() as logged:
        assert report(kept, probe(f"http://127.0.0.1:{free_port()}", secret)) == 0
    assert [(each["event"], each["minutes"]) for each in logged] == [("probe results wait", 90)]
    with capture_logs() as logged:
        assert report(kept, probe(live_server.url, "ecl_wrong")) == 0
    assert "401" in logged[0]["problem"]
    assert report(kept, probe(live_server.url, secret)) == 90
    assert kept.minutes() == ()
    again = kept_at(tmp_path, *range(minute, minute + 90), count=2)
    assert report(again, probe(live_server.url, secret)) == 90
    assert sum(row.said.bit_count() for row in ProbedHour.objects.filter(server=FIRST)) == 90


def test_what_the_console_has_no_use_for_is_told(live_server, tmp_path, probe, minute, secret):
    kept = kept_at(tmp_path, minute, count=5)
    with capture_logs() as logged:
        assert report(kept, probe(live_server.url, secret)) == 1
    assert [(each["event"], each["count"]) for each in logged] == [("probe results left", 3)]
    assert kept.minutes() == ()


def test_every_name_that_a_probe_may_have_is_read(live_server, tmp_path, probe, minute, secret):
    kept = KeptResults(tmp_path / "kept")
    kept.keep(
        minute, (ProbeResult(DomainName("MX_1.provider.example").lower(), Direction.INBOUND, minute, is_missed=True),)
    )
    assert report(kept, probe(live_server.url, secret)) == 1


def test_a_long_report_keeps_no_minute_from_being_asked_about(
    live_server, tmp_path, probe, minute, secret, monkeypatch
):
    monkeypatch.setattr(reporting, "_MOST_S", 0.0)
    kept = kept_at(tmp_path, *range(minute, minute + 120), count=20)
    counts = [report(kept, probe(live_server.url, secret)) for _ in range(4)]
    assert counts == [50, 50, 20, 0]


def test_beyond_fifteen_days_the_oldest_minutes_go(tmp_path, monkeypatch):
    monkeypatch.setattr("ecluse.adapters.folder.probe_results.MAX_AGE_MIN", 3)
    assert kept_at(tmp_path, 1, 2, 3, 4, 5).minutes() == (3, 4, 5)


def test_a_damaged_file_keeps_no_other_waiting(tmp_path):
    kept = kept_at(tmp_path, 1, 2)
    (tmp_path / "kept" / f"{1:012}.results").write_bytes(b"\x00")
    with capture_logs() as logged:
        assert kept.read(1) == ()
    assert logged[0]["event"] == "probe results are damaged"


@pytest.mark.parametrize("url", ["http://console.provider.example", "ftp://127.0.0.1", "console.provider.example"])
def test_a_key_goes_to_nobody_in_the_clear(probe, url):
    with pytest.raises(BadConfig, match="https"):
        probe(url, "ecl_x")

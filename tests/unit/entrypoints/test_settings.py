import os
import tomllib
from pathlib import Path

import pytest

from ecluse.domain.errors import BadConfig
from ecluse.domain.policy import Route
from ecluse.entrypoints.settings import Settings, effective, load_settings

# What the outside judge writes for a node without a control plane.
DOOR_A = """\
hostname = "gateway.test"                       # also the id in Authentication-Results
data_dir = "{folder}/data"

[inbound]
listen = ["127.0.0.1:40001"]
proxy_protocol_from = ["127.0.0.1"]             # every connection begins with a PROXY v1 line

[outbound]
listen = ["127.0.0.1:40002"]
trusted_networks = ["127.0.0.1/32"]
route = "smtp://127.0.0.1:40003"

[dns]
nameservers = ["127.0.0.1:40004"]

[tls]
certificate = "{folder}/gateway.pem"
key = "{folder}/gateway.pem"

[policy]
file = "policy.toml"                            # beside this file

[scanners]
clamd = "unix:/path/to/clamd.sock"
"""


def load(folder: Path, text: str) -> Settings:
    path = folder / "ecluse.toml"
    path.write_text(text, "utf-8")
    return load_settings(path)


def complaint(folder: Path, text: str) -> BadConfig:
    with pytest.raises(BadConfig) as caught:
        load(folder, text)
    assert caught.value.file == str(folder / "ecluse.toml")
    return caught.value


def test_the_judges_configuration_works_as_written(folder):
    settings = load(folder, DOOR_A.format(folder=folder))
    assert settings.hostname == "gateway.test"
    assert settings.data_dir == folder / "data"
    assert [(at.host, at.port) for at in settings.inbound.listen] == [("127.0.0.1", 40001)]
    assert settings.inbound.proxy_protocol_from == ("127.0.0.1/32",)
    assert [(at.host, at.port) for at in settings.outbound.listen] == [("127.0.0.1", 40002)]
    assert settings.outbound.trusted_networks == ("127.0.0.1/32",)
    assert settings.outbound.route is not None
    assert settings.outbound.route.route() == Route("127.0.0.1", 40003)
    assert [(server.host, server.port) for server in settings.dns.nameservers] == [("127.0.0.1", 40004)]
    assert settings.tls.certificate == settings.tls.key == folder / "gateway.pem"
    assert settings.policy.file == folder / "policy.toml"
    assert settings.scanners.clamd is not None
    assert settings.scanners.clamd.path == "/path/to/clamd.sock"


def test_only_the_host_name_is_required(folder):
    settings = load(folder, f'hostname = "gateway.test"\ndata_dir = "{folder}"\n')
    assert settings.inbound.listen == ("0.0.0.0:25",)
    assert settings.workers == len(os.sched_getaffinity(0))
    assert settings.tls.certificate is None
    assert settings.metrics.listen == "127.0.0.1:9825"


def test_paths_are_relative_to_the_file_not_to_where_we_were_started(folder, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    settings = load(folder, 'hostname = "gateway.test"\ndata_dir = "data"\n[policy]\nfile = "policy.toml"\n')
    assert (settings.data_dir, settings.policy.file) == (folder / "data", folder / "policy.toml")


def test_the_data_folder_is_not_made_by_reading_settings(folder):
    load(folder, 'hostname = "gateway.test"\ndata_dir = "new/data"\n')
    assert not (folder / "new").exists()


@pytest.mark.parametrize(
    ("text", "line", "key", "expected"),
    [
        ("", 0, "hostname", "this key is required"),
        ("hostname = 7", 1, "hostname", "expected a text in quotes"),
        ('hostname = "a b"', 1, "hostname", "expected a domain name such as example.com, found 'a b'"),
        ('hostname = "a.b"\nhostnam = 1', 2, "hostnam", "unknown key, did you mean 'hostname'?"),
        ('hostname = "a.b"\n[inbund]', 2, "inbund", "unknown key, did you mean 'inbound'?"),
        ('hostname = "a.b"\n\n[inbound]\nlisten_on = []', 4, "inbound.listen_on", "did you mean 'listen'?"),
        ('hostname = "a.b"\n[filtering]\nzzz = 1', 3, "filtering.zzz", "expected one of enabled, verdict_cache"),
        ('hostname = "a.b"\n[inbound]\nlisten = [\n"127.0.0.1:25",\n"localhost:25"]', 5, "inbound.listen[1]", "expected an IP address and a port"),
        ('hostname = "a.b"\n[inbound]\nlisten = ["127.0.0.1:25", 25]', 3, "inbound.listen[1]", "expected a text in quotes"),
        ('hostname = "a.b"\n[inbound]\nlisten = "127.0.0.1:25"', 3, "inbound.listen", "expected a list in brackets, found a text in quotes"),
        ('hostname = "a.b"\ninbound = 3', 2, "inbound", "expected a table, found a whole number"),
        ('hostname = "a.b"\ninbound.listen = ["127.0.0.1:25", "127.0.0.1:25"]', 2, "inbound.listen[1]", "taken by inbound.listen"),
        ('hostname = "a.b"\n[inbound]\nlisten = ["127.0.0.1:9825"]\n', 0, "metrics.listen", "127.0.0.1:9825 is taken by inbound.listen"),
        ('hostname = "a.b"\n[inbound]\nlisten = []', 3, "inbound.listen", "at least one address"),
        ('hostname = "a.b"\n[inbound]\nproxy_protocol_from = ["10.0.0.1/8"]', 3, "inbound.proxy_protocol_from[0]", "its network is 10.0.0.0/8"),
        ('hostname = "a.b"\n[inbound]\nmax_recipients = true', 3, "inbound.max_recipients", "expected a whole number, found true or false"),
        ('hostname = "a.b"\n[inbound]\nmax_recipients = 99', 3, "inbound.max_recipients", "expected a whole number >= 100"),
        ('hostname = "a.b"\n[inbound]\nearly_talk_wait_s = nan', 3, "inbound.early_talk_wait_s", "expected a number >= 0"),
        ('hostname = "a.b"\n[inbound]\ndata_timeout_s = inf', 3, "inbound.data_timeout_s", "expected a number <= 3600"),
        ('hostname = "a.b"\n[outbound]\nfamilies = "ipv5"', 3, "outbound.families", "expected 'both' or"),
        ('hostname = "a.b"\n[outbound]\nlisten_tls = ["127.0.0.1:26"]\nroute = "smtp://x.example"', 3, "outbound.listen_tls", "expected tls.certificate beside it"),
        ('hostname = "a.b"\n[outbound.sources]\nnotices = [{ address = "192.0.2.1", hostname = "o.example" }]', 2, "outbound.sources.good", "expected an address here"),
        ('hostname = "a.b"\n[outbound.sources]\ngood = [{ address = "192.0.2.1", hostname = "o.example" }, { address = "192.0.2.1", hostname = "p.example" }]', 2, "outbound.sources", "expected one hostname for 192.0.2.1"),
        ('hostname = "a.b"\n[outbound]\nroute = "x.example:25"', 3, "outbound.route", "expected smtp://host:port, found 'x.example:25'"),
        ('hostname = "a.b"\n[outbound]\ntrusted_networks = ["10.0.0.0/8", "::/0"]', 3, "outbound.trusted_networks[1]", "open relay"),
        ('hostname = "a.b"\n[dns]\nnameservers = ["dns.example"]', 3, "dns.nameservers[0]", "expected the IP address of a name server"),
        ('hostname = "a.b"\n[dns]\nnameservers = []', 3, "dns.nameservers", "expected a list in brackets of length >= 1"),
        ('hostname = "a.b"\nlog_level = "loud"', 2, "log_level", "expected 'debug' or 'error' or 'info' or 'warning', found 'loud'"),
        ('hostname = "a.b"\n[tls]\nmin_version = "SSLv3"', 3, "tls.min_version", "expected 'TLSv1.2' or 'TLSv1.3'"),
        ('hostname = "a.b"\n[scanners]\nclamd = "/run/clamd"', 3, "scanners.clamd", "expected unix:/absolute/path or tcp:host:port"),
        ('hostname = "a.b"\n[spool]\nfirst_retry_s = 60\nmax_retry_s = 30', 4, "spool.max_retry_s", "at least spool.first_retry_s (60)"),
        ('hostname = "a.b"\n[policy]\nfile = "none.toml"', 3, "policy.file", "none.toml: No such file or directory"),
        ('hostname = "a.b"\n[policy]\nfile = "."', 3, "policy.file", "Is a directory"),
        ('hostname = "a.b"\n[policy]\nfile = ""', 3, "policy.file", "expected a path"),
        ('hostname = "a.b"\n[policy]\nfile = 1', 3, "policy.file", "expected a text in quotes"),
        ('hostname = "a.b"\ndata_dir = "policy.toml"', 2, "data_dir", "policy.toml is none"),
        ('hostname = "a.b"\ndata_dir = "policy.toml/data"', 2, "data_dir", "policy.toml is none"),
        ('hostname = "a.b"\ndata_dir = "a\\u0000b"', 2, "data_dir", "expected a path"),
        ('hostname = "a.b"\nuser = "nobody-here"', 2, "user", "expected a user of this machine, found 'nobody-here'"),
        ('hostname = "a.b"\ngroup = "nobody-here"', 2, "group", "expected a group of this machine"),
        ('hostname = "a.b"\n[tls]\ncertificate = "gateway.pem"', 2, "tls.key", "only of use together"),
        ('hostname = "a.b"\n[tls]\nkey = "gateway.pem"', 2, "tls.certificate", "only of use together"),
        ('hostname = "a.b"\n[tls]\ncertificate = "no.pem"\nkey = "gateway.pem"', 3, "tls.certificate", "no.pem: No such file"),
        ('hostname = "a.b"\n[tls]\ncertificate = "gateway.pem"\nkey = "no.key"', 4, "tls.key", "no.key: No such file"),
        ('hostname = "a.b"\n[tls]\ncertificate = "policy.toml"\nkey = "gateway.pem"', 3, "tls.certificate", "expected a PEM certificate"),
        ('hostname = "a.b"\n[tls]\ncertificate = "gateway.pem"\nkey = "policy.toml"', 4, "tls.key", "expected a PEM private key"),
        ('hostname = "a.b"\n[tls]\ncertificate = "gateway.pem"\nkey = "locked.key"', 4, "tls.key", "without a password"),
        ('hostname = "a.b"\n[tls]\ncertificate = "gateway.pem"\nkey = "other.key"', 4, "tls.key", "expected the private key of"),
    ],
)  # fmt: skip
def test_a_fault_names_line_key_and_what_was_expected(folder, monkeypatch, text, line, key, expected):
    # The default data folder is not ours to write to everywhere, and not the fault looked for.
    monkeypatch.setattr(os, "access", lambda _path, _mode: True)
    found = complaint(folder, text)
    assert (found.line, found.key) == (line, key)
    assert expected in found.expected


def test_only_root_may_become_another_user(folder, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    found = complaint(folder, f'hostname = "a.b"\ndata_dir = "{folder}"\nuser = "root"\n')
    assert (found.line, found.key) == (3, "user")


def test_root_may_become_another_user(folder, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    settings = load(folder, f'hostname = "a.b"\ndata_dir = "{folder}"\nuser = "daemon"\ngroup = "daemon"\n')
    assert (settings.user, settings.group) == ("daemon", "daemon")


def test_a_data_folder_that_we_may_not_write_to_is_refused(folder, monkeypatch):
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    found = complaint(folder, f'hostname = "a.b"\ndata_dir = "{folder}"\n')
    assert (found.line, found.key) == (2, "data_dir")


def test_two_listeners_on_any_free_port_do_not_meet(folder):
    settings = load(
        folder, f'hostname = "a.b"\ndata_dir = "{folder}"\ninbound.listen = ["127.0.0.1:0", "127.0.0.1:0"]\n'
    )
    assert len(settings.inbound.listen) == 2


def test_the_effective_settings_are_a_file_with_the_same_effect(folder):
    settings = load(folder, DOOR_A.format(folder=folder) + '\n[metrics]\nlisten = ""\n')
    assert load(folder, effective(settings)) == settings


def test_the_effective_settings_hold_any_path(folder):
    odd = folder / 'a"b\\c\td\x7fé'
    odd.mkdir()
    settings = load(odd, 'hostname = "a.b"\ndata_dir = "."\n')
    assert tomllib.loads(effective(settings))["data_dir"] == str(odd)


def test_the_effective_settings_tell_no_secret(folder):
    settings = load(folder, DOOR_A.format(folder=folder))
    assert (folder / "gateway.pem").read_text("ascii").splitlines()[-2] not in effective(settings)

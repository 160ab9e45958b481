"""`ecluse connector secret`: from nothing to a policy file by which somebody may send."""

from __future__ import annotations

import hashlib
import json

import pytest

from ecluse.domain.connector import AccountSource
from ecluse.domain.errors import BadConfig
from ecluse.entrypoints.policy_file import load_policy
from ecluse.wire.sasl.scram import fits, make_key, written

CLIENT = """\
[[clients]]
name = "A"
[[clients.domains]]
name = "a.example"
addresses = "any"
routes = ["smtp://127.0.0.1"]
[[clients.connectors]]
name = "server"
"""
KEY = written(make_key("x" * 32))


@pytest.fixture
def load(tmp_path):
    def load(lines):
        (tmp_path / "policy.toml").write_text(CLIENT + lines)
        return load_policy(tmp_path / "policy.toml").connectors

    return load


def test_what_it_says_is_what_policy_toml_needs(run, load):
    said = run("connector", "secret").out
    lines = said.splitlines()
    (connector,) = load(f'login = "Server@a.example"\n{next(each for each in lines if each.startswith("key = "))}\n')
    assert connector.login == "server@a.example"
    assert fits(connector.key, lines[1])


def test_no_two_secrets_are_alike_and_programs_can_read_them(run, load):
    one, two = (json.loads(run("connector", "secret", "--json").out) for _ in range(2))
    assert one["secret"] != two["secret"]
    assert len(one["secret"]) == 32
    (connector,) = load(f'service = "google"\ntoken = "{one["token"]}"\n')
    assert connector.token == hashlib.sha256(one["secret"].encode()).digest()
    assert "74.125.0.0/16" in connector.networks


def test_a_key_may_stand_in_a_file(load, tmp_path):
    (tmp_path / "server.key").write_text(f"{KEY}\n")
    (connector,) = load('login = "server@a.example"\nkey_file = "server.key"\naccount = "login"\n')
    assert fits(connector.key, "x" * 32)
    assert connector.account_from is AccountSource.LOGIN


def test_a_fingerprint_is_taken_as_openssl_prints_it(load):
    (connector,) = load(f'certificate = "{":".join(["AB"] * 32)}"\n')
    assert connector.certificate == "ab" * 32


@pytest.mark.parametrize(
    ("lines", "key", "expected"),
    [
        ("", "networks", "a certificate, a login or a token"),
        ('networks = ["192.0.2.0/24"]\nshared = true', "token", "others send from these networks"),
        ('networks = ["0.0.0.0/0"]', "networks", "is not one client's"),
        ('networks = ["::/0"]', "networks", "is not one client's"),
        ('networks = ["40.92.0.0/16"]', "networks", "microsoft365"),
        ('service = "google"', "token", "a token or a certificate"),
        (f'service = "google"\ntoken = "{"ab" * 32}"\nnetworks = ["192.0.2.1"]', "networks", "none beside service"),
        (f'token = "{"ab" * 32}"', "networks", "from which messages with this token come"),
        (f'login = "server@b.example"\nkey = "{KEY}"', "login", "one of the client's domains"),
        ('login = "server@a.example"', "key", "a key with a login"),
        (f'key = "{KEY}"\nnetworks = ["192.0.2.1"]', "key", "a key with a login"),
        ('login = "server@a.example"\nkey = "secret"', "key", "SCRAM-SHA-256$"),
        ('login = "server@a.example"\nkey_file = "none.key"', "key_file", "a file that can be read"),
        (f'login = "server@a.example"\nkey = "{KEY}"\ncertificate = "{"ab" * 32}"', "certificate", "one proof"),
        ('networks = ["192.0.2.1"]\naccount = "login"', "account", "a login beside it"),
        ('networks = ["192.0.2.1"]\naccount = "header"', "account_header", "the name of a field"),
        ('networks = ["192.0.2.1"]\naccount_header = "X-User"', "account_header", "and only then"),
    ],
)
def test_what_cannot_be_meant_names_its_key(load, lines, key, expected):
    with pytest.raises(BadConfig) as bad:
        load(f"{lines}\n")
    assert f"clients[0].connectors[0].{key}" in str(bad.value)
    assert expected in str(bad.value)


def test_a_name_and_a_login_are_had_once(load):
    first = f'login = "server@a.example"\nkey = "{KEY}"\n[[clients.connectors]]\n'
    with pytest.raises(BadConfig, match="expected a name of its own"):
        load(f'{first}name = "server"\nnetworks = ["192.0.2.1"]\n')
    with pytest.raises(BadConfig, match="expected a login of its own"):
        load(f'{first}name = "other"\nlogin = "server@a.example"\nkey = "{KEY}"\n')

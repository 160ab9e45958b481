"""`ecluse keys`: from nothing to a policy file that signs."""

from __future__ import annotations

import json

from ecluse.control.keystore.master import make_master_key
from ecluse.entrypoints.policy_file import load_policy
from ecluse.wire.dkim.sealed_key import NODE_KEY_OCTETS

CLIENT = """\
[[clients]]
name = "A"
[[clients.domains]]
name = "a.example"
addresses = "any"
routes = ["smtp://127.0.0.1"]
"""


def test_what_make_says_is_what_policy_toml_needs(run, tmp_path):
    done = run("keys", "make", "A.Example", tmp_path)
    zone, _, tables = done.out.partition("# for policy.toml")
    assert zone.count("._domainkey.a.example. IN TXT") == 2
    assert "PRIVATE KEY" not in done.out
    (tmp_path / "policy.toml").write_text(CLIENT + tables.partition("\n")[2])
    (keys,) = load_policy(tmp_path / "policy.toml", bytes(NODE_KEY_OCTETS)).signing
    assert [each.selector for each in keys.keys] == ["ecluse-rsa", "ecluse-ed25519"]


def test_nothing_is_replaced(run, tmp_path):
    run("keys", "make", "a.example", tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.glob("*.pem")}
    assert run("keys", "make", "a.example", tmp_path).code
    assert {file: file.read_bytes() for file in tmp_path.glob("*.pem")} == before


def test_the_node_key_comes_from_the_master_key(run, data):
    make_master_key(data.paths.master_key)
    first = run("keys", "node-key", "--config", data.config).out
    assert first == run("keys", "node-key", "--config", data.config).out
    assert json.loads(run("keys", "make", "a.example", data.paths.root, "--json").out)[0]["name"]

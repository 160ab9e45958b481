import pytest

from ecluse.control.secret_file import write_once
from ecluse.domain.errors import BadConfig
from ecluse.entrypoints.policy_file import load_policy
from ecluse.wire.dkim.publishing import make_key
from ecluse.wire.dkim.sealed_key import NODE_KEY_OCTETS, open_key

NODE_KEY = bytes(range(NODE_KEY_OCTETS))
CLIENT = """\
[[clients]]
name = "A"
[[clients.domains]]
name = "a.example"
addresses = "any"
routes = ["smtp://127.0.0.1"]
"""


def signing(selector, domain="a.example", file=None):
    return f'[[clients.signing]]\ndomain = "{domain}"\nselector = "{selector}"\nfile = "{file or selector}.pem"\n'


@pytest.fixture
def load(tmp_path):
    for kind in ("rsa", "ed25519"):
        write_once(tmp_path / f"{kind}.pem", make_key(kind))
    (tmp_path / "open.pem").write_bytes(make_key("ed25519"))
    (tmp_path / "open.pem").chmod(0o644)
    write_once(tmp_path / "broken.pem", b"no key")

    def _load(*tables, node_key=NODE_KEY):
        (tmp_path / "policy.toml").write_text(CLIENT + "".join(tables))
        return load_policy(tmp_path / "policy.toml", node_key)

    return _load


def test_keys_are_sealed_for_the_node_rsa_first_and_their_files_are_watched(load, tmp_path):
    published = load(signing("ed25519"), signing("rsa"))
    (keys,) = published.signing
    assert (keys.client, keys.domain) == ("A", "a.example")
    algorithms = [open_key(NODE_KEY, keys.domain, each).algorithm for each in keys.keys]
    assert algorithms == ["rsa-sha256", "ed25519-sha256"]
    assert set(published.files) == {str(tmp_path / "rsa.pem"), str(tmp_path / "ed25519.pem")}


def test_who_only_looks_at_the_policy_reads_no_key(load):
    assert load(signing("rsa"), node_key=b"").signing == ()


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ((signing("rsa", domain="b.example"),), "one of the client's domains"),
        ((signing("rsa"), signing("rsa")), "each selector once"),
        ((signing("open"),), "chmod 600"),
        ((signing("broken"),), "no key to sign with"),
        ((signing("missing"),), "a key that can be read"),
        ((signing("not a selector", file="rsa"),), "no key to sign with"),
    ],
)
def test_a_key_that_cannot_sign_is_named(load, tables, expected):
    with pytest.raises(BadConfig, match=expected):
        load(*tables)

import pytest

from ecluse.domain.errors import Impossible
from ecluse.domain.signing import SealedKey
from ecluse.wire.dkim.publishing import make_key
from ecluse.wire.dkim.sealed_key import NODE_KEY_OCTETS, node_key_from, open_key, seal_key

NODE_KEY = bytes(range(NODE_KEY_OCTETS))
PEM = make_key("ed25519")


def test_what_was_sealed_opens_under_its_name_and_shows_nothing():
    sealed = seal_key(NODE_KEY, "a.example", "s", PEM)
    assert PEM[30:60] not in sealed.sealed
    key = open_key(NODE_KEY, "a.example", sealed)
    assert (key.domain, key.selector, key.algorithm) == ("a.example", "s", "ed25519-sha256")


def test_the_same_key_sealed_again_is_the_same_octets():
    assert seal_key(NODE_KEY, "a.example", "s", PEM) == seal_key(NODE_KEY, "a.example", "s", PEM)


@pytest.mark.parametrize(
    ("node_key", "domain", "sealed"),
    [
        (bytes(NODE_KEY_OCTETS), "a.example", seal_key(NODE_KEY, "a.example", "s", PEM)),
        (b"", "a.example", seal_key(NODE_KEY, "a.example", "s", PEM)),
        (NODE_KEY, "b.example", seal_key(NODE_KEY, "a.example", "s", PEM)),
        (NODE_KEY, "a.example", SealedKey("t", seal_key(NODE_KEY, "a.example", "s", PEM).sealed)),
        (NODE_KEY, "a.example", SealedKey("s", b"")),
        (NODE_KEY, "a.example", seal_key(NODE_KEY, "a.example", "s", b"no key")),
    ],
)
def test_another_node_key_name_or_content_opens_nothing(node_key, domain, sealed):
    with pytest.raises(Impossible):
        open_key(node_key, domain, sealed)


def test_the_node_key_tells_nothing_of_the_master_key():
    master = bytes(32)
    assert node_key_from(master) == node_key_from(master)
    assert node_key_from(master) != node_key_from(bytes(31) + b"\1")
    assert len(node_key_from(master)) == NODE_KEY_OCTETS

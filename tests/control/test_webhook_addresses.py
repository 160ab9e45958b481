"""Where webhooks may be told: at a real server in the Internet, and at none of ours."""

from __future__ import annotations

import ssl

import pytest
from django_scopes import scope

from ecluse.adapters.http import poster
from ecluse.adapters.http.poster import HttpsPoster, is_public
from ecluse.control.webhooks import services
from ecluse.control.webhooks.services import BadAddress
from ecluse.domain.errors import Impossible, Unavailable
from tests.control import hooked
from tests.control.cast import ADMIN
from tests.control.hooked import EVENTS
from tests.dripping import dripping

pytestmark = pytest.mark.django_db(transaction=True)
one, receiver = hooked.one, hooked.receiver


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.one.example/", "https://127.0.0.1/", "https://[::1]/", "https://10.1.2.3/", "https://localhost/",
        "https://169.254.169.254/latest", "https://user:word@hooks.one.example/", "https://hooks.one.example/#a",
        "https:///x", "https://hooks.one.example:99999/", "https://a b.example/", "ftp://hooks.one.example/", "",
        "https://2130706433/", "https://0x7f.1/", "https://127.1/", "https://hooks.one.example\\@127.0.0.1/",
        "https://h\u00f6oks.example/", "https://hooks.one.example/" + "x" * 600,
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(one, url):
    with scope(client=one), pytest.raises(BadAddress):
        services.add_webhook(one, url, EVENTS, by=ADMIN)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True), ("127.0.0.1", False), ("10.0.0.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False), ("::1", False),
        ("fe80::1", False), ("fd00::1", False), ("::ffff:127.0.0.1", False), ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False), ("ff02::1", False),
    ],
)  # fmt: skip
def test_which_addresses_lie_in_the_internet(address, expected):
    assert is_public(address) is expected


def test_a_name_that_leads_to_us_is_not_followed(receiver):
    """At the time of the connection, whatever it led to when it was added."""
    guarded = receiver.poster(is_allowed=is_public)
    with pytest.raises(Impossible):
        guarded.post(f"https://hooks.one.example:{receiver.port}/", {}, b"{}")
    assert receiver.taken == []


def test_the_connection_goes_to_the_address_that_was_looked_at(receiver, monkeypatch):
    """A name that leads elsewhere a moment later changes nothing: it is looked up once."""
    asked = []

    def resolve(name):
        asked.append(name)
        return ("127.0.0.1",)

    monkeypatch.setattr(poster.socket, "getaddrinfo", _literal_only(poster.socket.getaddrinfo))
    made = HttpsPoster(resolve, receiver.trust, is_allowed=lambda _: True, deadline_s=20)
    assert made.post(f"https://hooks.one.example:{receiver.port}/", {}, b"{}") == 204
    assert asked == ["hooks.one.example"]


def _literal_only(real):
    def look(host, *args, **options):
        assert host == "127.0.0.1"
        return real(host, *args, **options)

    return look


def test_a_certificate_that_does_not_hold_ends_it(receiver):
    strict = HttpsPoster(lambda _: ("127.0.0.1",), ssl.create_default_context(), is_allowed=lambda _: True)
    with pytest.raises(Unavailable, match="certificate"):
        strict.post(f"https://hooks.one.example:{receiver.port}/", {}, b"{}")
    with pytest.raises(Unavailable, match="certificate"):
        receiver.poster().post(f"https://other.one.example:{receiver.port}/", {}, b"{}")


def test_who_is_slow_is_left(receiver):
    receiver.is_slow = True
    with pytest.raises(Unavailable):
        receiver.poster(deadline_s=0.5).post(f"https://hooks.one.example:{receiver.port}/", {}, b"{}")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\nx-a: ", b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"])
def test_who_answers_an_octet_now_and_then_is_left(tmp_path, answer):
    with dripping(tmp_path, "hooks.one.example", answer) as port:
        trust = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        poster = HttpsPoster(lambda _: ("127.0.0.1",), trust, is_allowed=lambda _: True, deadline_s=1.0)
        with pytest.raises(Unavailable, match="in time"):
            poster.post(f"https://hooks.one.example:{port}/", {}, b"{}")


@pytest.mark.parametrize("host", [".one.example", "one..example", "x" * 64 + ".example", "[one.example"])
def test_a_name_that_tls_does_not_take_leads_nowhere_and_leaves_no_connection(receiver, host):
    with pytest.raises(Impossible):
        receiver.poster().post(f"https://{host}:{receiver.port}/", {}, b"{}")


def test_a_name_that_leads_nowhere_is_trouble_of_today(receiver):
    nowhere = HttpsPoster(lambda _: (), receiver.trust)
    with pytest.raises(Unavailable):
        nowhere.post("https://hooks.one.example/", {}, b"{}")

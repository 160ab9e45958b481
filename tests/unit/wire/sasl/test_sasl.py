"""The mechanisms of AUTH, as RFC 4616, 5802 and 7677 have them."""

from __future__ import annotations

import base64

import pytest

from ecluse.wire.sasl.exchange import Challenge, Claim, Proven, SaslTrouble
from ecluse.wire.sasl.mechanisms import MECHANISMS
from ecluse.wire.sasl.plain import LoginExchange, PlainExchange
from ecluse.wire.sasl.scram import MAX_ITERATIONS, ScramExchange, fits, make_key, read_key, written

SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
KEY = make_key("pencil", salt=SALT)
# RFC 7677 section 3.
CLIENT_NONCE, NONCE = "rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
FIRST = f"n,,n=user,r={CLIENT_NONCE}".encode()
FINAL = f"c=biws,r={CLIENT_NONCE}{NONCE},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=".encode()


def scram(key=KEY):
    return ScramExchange(lambda _login: key, NONCE)


class TestScram:
    def test_the_example_of_the_rfc_is_followed_to_the_octet(self):
        exchange = scram()
        assert exchange.respond(None) == Challenge(b"")
        assert exchange.respond(FIRST) == Challenge(
            f"r={CLIENT_NONCE}{NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".encode()
        )
        assert exchange.respond(FINAL) == Challenge(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
        assert exchange.respond(b"") == Proven("user")

    def test_a_nonce_of_ours_comes_once(self):
        one, two = (ScramExchange(lambda _login: KEY).respond(FIRST) for _ in range(2))
        assert one != two

    def test_another_secret_is_refused_and_named_by_its_login_alone(self):
        exchange = scram(make_key("another", salt=SALT))
        exchange.respond(FIRST)
        with pytest.raises(SaslTrouble) as trouble:
            exchange.respond(FINAL)
        assert trouble.value.login == "user"

    @pytest.mark.parametrize(
        "first",
        [
            b"",
            b"p=tls-unique,,n=user,r=abc",
            b"n,a=other,n=user,r=abc",
            b"n,,n=,r=abc",
            b"n,,n=a=b,r=abc",
            b"n,,n=user,r=",
            b"n,,m=x,n=user,r=abc",
            b"\xff",
            b"n,,n=user,r=" + b"a" * 2_000,
        ],
    )
    def test_a_first_message_that_is_none_is_refused(self, first):
        with pytest.raises(SaslTrouble):
            scram().respond(first)

    @pytest.mark.parametrize(
        ("was", "becomes"),
        [(b"c=biws", b"c=eSws"), (b"r=rOpr", b"r=xOpr"), (b"p=dHzb", b"p=eHzb"), (b"dVQ=", b""), (b"p=", b"p=!")],
    )
    def test_a_final_message_with_one_thing_changed_is_refused(self, was, becomes):
        exchange = scram()
        exchange.respond(FIRST)
        assert was in FINAL
        with pytest.raises(SaslTrouble):
            exchange.respond(FINAL.replace(was, becomes))

    def test_what_follows_the_proof_is_nothing(self):
        exchange = scram()
        exchange.respond(FIRST)
        exchange.respond(FINAL)
        with pytest.raises(SaslTrouble):
            exchange.respond(b"more")

    def test_commas_in_a_login_are_escaped(self):
        asked = []
        ScramExchange(lambda login: asked.append(login) or KEY).respond(b"n,,n=A=2Cb=3Dc,r=abc")
        assert asked == ["a,b=c"]


class TestKeys:
    def test_a_key_is_written_as_others_read_it_and_read_back(self):
        assert written(KEY).startswith("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$")
        assert read_key(written(KEY) + "\n") == KEY

    def test_it_fits_its_secret_alone(self):
        assert fits(KEY, "pencil")
        assert not fits(KEY, "Pencil")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "pencil",
            written(KEY).replace("4096", "1"),
            written(KEY).replace("4096", str(MAX_ITERATIONS + 1)),
            written(KEY)[:-4],
            written(KEY).replace("SHA-256", "SHA-1"),
        ],
    )
    def test_what_is_no_key_or_would_cost_too_much_is_refused(self, text):
        with pytest.raises(ValueError, match="expected"):
            read_key(text)


class TestPlain:
    @pytest.mark.parametrize("response", [b"\0Ann\0secret", b"ANN\0ann\0secret"])
    def test_login_and_secret_are_claimed(self, response):
        exchange = PlainExchange()
        assert exchange.respond(None) == Challenge(b"")
        assert exchange.respond(response) == Claim("ann", "secret")

    @pytest.mark.parametrize(
        "response", [b"", b"ann", b"\0ann", b"\0ann\0", b"\0\0secret", b"\0a\0b\0c", b"bob\0ann\0secret", b"\0\xff\0x"]
    )
    def test_what_is_none_is_refused(self, response):
        with pytest.raises(SaslTrouble):
            PlainExchange().respond(response)


class TestLogin:
    def test_it_asks_twice(self):
        exchange = LoginExchange()
        assert exchange.respond(None) == Challenge(b"Username:")
        assert exchange.respond(b"Ann") == Challenge(b"Password:")
        assert exchange.respond(b"secret") == Claim("ann", "secret")

    def test_the_login_may_come_first(self):
        exchange = LoginExchange()
        assert exchange.respond(b"ann") == Challenge(b"Password:")

    @pytest.mark.parametrize("response", [b"", b"a\0b", b"x" * 400])
    def test_what_is_no_login_is_refused(self, response):
        with pytest.raises(SaslTrouble):
            LoginExchange().respond(response)


def test_the_strongest_comes_first():
    assert list(MECHANISMS) == ["SCRAM-SHA-256", "PLAIN", "LOGIN"]

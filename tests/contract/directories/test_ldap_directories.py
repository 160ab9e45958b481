"""A real directory is read whole or not at all; what only looks like one, slowly or endlessly, ends soon."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import replace

import pytest

from ecluse.adapters.ldap.directories import PAGE, LdapDirectories
from ecluse.domain.directory import DirectoryFailed, DirectoryQuestion, DirectoryTrouble
from ecluse.wire.ldap import ber
from tests.contract.directories import slapd
from tests.loopback import free_port

HOST = "ldap.one.example"
MANY = PAGE + 3


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not slapd.is_installed():
        pytest.skip("slapd is not installed")
    folder = tmp_path_factory.mktemp("slapd")
    people = [slapd.person("ann", "ann@one.example", "a.nn@one.example")]
    people += [slapd.person(f"u{number}", f"u{number}@one.example") for number in range(MANY - 1)]
    with slapd.serving(folder, people) as (secure, plain):
        yield secure, plain, (folder / "cert.pem").read_text()


@pytest.fixture
def question(server):
    secure, _, authority = server
    base, attributes = "dc=one,dc=example", ("mail", "cn")
    return DirectoryQuestion(
        HOST, secure, False, authority, slapd.BIND_DN, slapd.PASSWORD, base, "(mail=*)", attributes
    )


def reader(**more):
    return LdapDirectories(lambda _name: ("127.0.0.1",), lambda _address: True, **more)


def trouble(question, **more):
    with pytest.raises(DirectoryFailed) as failed:
        reader(**more).read(question)
    return failed.value.trouble


@pytest.mark.peers
class TestSlapd:
    def test_all_pages_are_read(self, question):
        entries = reader().read(question)
        assert len(entries) == MANY
        assert {"mail": ("ann@one.example", "a.nn@one.example"), "cn": ("Ann",)} in entries

    def test_start_tls_brings_the_same(self, server, question):
        by_start = replace(question, port=server[1], starts_tls=True, filter="(&(objectClass=inetOrgPerson)(uid=ann))")
        assert [each["cn"] for each in reader().read(by_start)] == [("Ann",)]

    def test_a_list_that_is_too_long_is_none(self, question):
        assert trouble(question, most=MANY - 1) is DirectoryTrouble.TOO_LARGE

    def test_a_wrong_password_a_wrong_base_and_a_certificate_of_somebody_else_are_told_apart(self, question):
        assert trouble(replace(question, password="wrong")) is DirectoryTrouble.CREDENTIALS
        assert trouble(replace(question, base="dc=two,dc=example")) is DirectoryTrouble.NO_BASE
        assert trouble(replace(question, authority="")) is DirectoryTrouble.NOT_ENCRYPTED
        assert trouble(replace(question, host="ldap.two.example")) is DirectoryTrouble.NOT_ENCRYPTED
        assert trouble(replace(question, filter="(mail=*")) is DirectoryTrouble.REFUSED

    def test_without_encryption_nothing_is_said(self, server, question):
        assert trouble(replace(question, port=server[1])) is DirectoryTrouble.NOT_ENCRYPTED


PLAIN = DirectoryQuestion(HOST, 0, True, "", "", "", "dc=one", "(mail=*)", ("mail",))


@contextmanager
def saying(octets):
    """A server that says so much to whoever comes, and then nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            plug, _ = listening.accept()
            with plug:
                plug.sendall(octets)
                plug.settimeout(20)
                while plug.recv(4096):
                    pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield replace(PLAIN, port=listening.getsockname()[1])
        thread.join(20)


def answer(kind, code=0, number=1):
    result = ber.sequence(ber.integer(code, ber.ENUMERATED), ber.octets(""), ber.octets("x\0y"), tag=kind)
    return ber.sequence(ber.integer(number), result)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n" * 9, DirectoryTrouble.BROKEN_OFF),
        (b"\x30\x84\x7f\xff\xff\xff\x02\x01\x01", DirectoryTrouble.TOO_LARGE),
        (answer(0x78, 2), DirectoryTrouble.NOT_ENCRYPTED),
        (answer(0x78, 0, 0), DirectoryTrouble.BROKEN_OFF),
        (answer(0x78) + answer(0x61, 0, 2), DirectoryTrouble.BROKEN_OFF),  # Said in the clear, after the answer.
    ],
)
def test_what_is_no_directory_is_left(octets, expected):
    with saying(octets) as question:
        assert trouble(question) is expected


def test_silence_ends():
    with saying(b"") as question:
        assert trouble(question, within_s=0.2) is DirectoryTrouble.BROKEN_OFF


def test_inner_addresses_are_not_asked():
    question = replace(PLAIN, port=free_port())
    nobody = LdapDirectories(lambda _name: ("10.0.0.1", "127.0.0.1"), lambda _address: False)
    with pytest.raises(DirectoryFailed) as failed:
        nobody.read(question)
    assert failed.value.trouble is DirectoryTrouble.NOT_PUBLIC
    assert trouble(question) is DirectoryTrouble.NO_CONNECTION

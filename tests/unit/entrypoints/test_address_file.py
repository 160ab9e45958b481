"""Lists of addresses as other systems export them."""

from __future__ import annotations

import contextlib

import pytest

from ecluse.domain.errors import BadConfig
from ecluse.entrypoints import address_file
from ecluse.entrypoints.address_file import read_addresses
from tests.cpu import cpu

LDIF = """\
version: 1
# An export.

dn: uid=ann,ou=people,dc=one,dc=example
mail: Ann@one.example
jpegPhoto:: /9j/4AAQSkZJRgABAQ
 AAAQABAAD/2wBDAAMCAgM@one.example
proxyAddresses: SMTP:ann@one.example
proxyAddresses: smtp:ann.smith@one.exam
 ple
proxyAddresses: x500:/o=One/ou=Exchange/cn=ann@one.example
mail;lang-fr: anne@one.example
description: write to nobody@one.example

dn:: dWlkPWJvYg==
mail:: Ym9iQG9uZS5leGFtcGxl
mail: bob@other.example
"""


def read(tmp_path, text, domain="one.example"):
    path = tmp_path / "list.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [str(address) for address in read_addresses(path, domain)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann@one.example\nbob@one.example\n", ["ann@one.example", "bob@one.example"]),
        ("ann\r\nbob\r\n", ["ann@one.example", "bob@one.example"]),
        ("\ufeffmail\n# a comment\n\n  ann@one.example  \nANN@one.example", ["ann@one.example"]),
        ("ann@one.example\nbob@two.example\n", ["ann@one.example"]),
        ("smtp:ann@one.example\nsip:ann@one.example\n", ["ann@one.example"]),
        ("name,mail,phone\nAnn,ann@one.example,1\nBob,,2\nCy,cy@one.example,3\n", ["ann@one.example", "cy@one.example"]),
        ('"Name";"E-Mail";"Address"\n"Ann, A.";"ann@one.example";"1 Main St"\n', ["ann@one.example"]),
        ("Ann\tann@one.example\nBob\tbob@one.example\n", ["ann@one.example", "bob@one.example"]),
        ('Name,EmailAddresses\nAnn,"X400:C=US;P=One;,SMTP:ann@one.example,smtp:a@one.example,X500:/o=O N/cn=a"\n', ["ann@one.example", "a@one.example"]),
        ('"mail"\n"ann@one.example"\n', ["ann@one.example"]),
        ("Primary Smtp Address,UserPrincipalName\nann@one.example,x@one.example\n", ["ann@one.example"]),
        ("a.b+c@one.example\n", ["a.b+c@one.example"]),
        ("jörg@one.example\n", ["jörg@one.example"]),
        (LDIF, ["Ann@one.example", "ann.smith@one.example", "anne@one.example", "bob@one.example"]),
    ],
)  # fmt: skip
def test_every_usual_form_is_read(tmp_path, text, expected):
    assert read(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Ann Lee <ann@one.example>\n"Roy, Bob" <bob@one.example>\n', ["Ann Lee", "Roy, Bob"]),
        ("name,mail\nAnn Lee,ann@one.example\n,bob@one.example\n", ["Ann Lee", ""]),
        ("Prénom;Nom;Mail\nAnn;Lee;ann@one.example\nBob;;bob@one.example\n", ["Ann Lee", "Bob"]),
        ("Display Name,First name,mail\nAnn Lee,Ann,ann@one.example\n", ["Ann Lee"]),
        ("Ann,ann@one.example\n", [""]),
        ("dn: x\nmail: ann@one.example\ncn: Ann\ndisplayName:: QW5uIEzDqWU=\n\ndn: y\nmail: bob@one.example\n", ["Ann Lée", ""]),
        ("dn: x\nsn: Lee\ngivenName: Ann\nmail: ann@one.example", ["Ann Lee"]),
    ],
)  # fmt: skip
def test_names_come_with_their_addresses(tmp_path, text, expected):
    path = tmp_path / "list.csv"
    path.write_text(text, "utf-8")
    assert list(read_addresses(path, "one.example").values()) == expected


def test_international_domains_are_compared_in_one_spelling(tmp_path):
    assert read(tmp_path, "ann@Bücher.example\n", "xn--bcher-kva.example") == ["ann@xn--bcher-kva.example"]


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("ann@one.example\nb b@one.example\n", 2, "expected the local part of an address"),
        ("ann@one.example\n\nbob@one..example\n", 3, "expected a domain name"),
        ("name,mail\nAnn,ann@one.example\nBob,(bob)@one.example\n", 3, "expected the local part of an address"),
        ('name,mail\n"Ann\nSmith",ann@one.example\nBob,bo\x00b@one.example\n', 4, "expected"),
        ("name,phone\nAnn,1\n", 1, "expected a column named mail"),
        ("dn: uid=ann\nmail: ann@one.example\nmail:: ***\n", 3, "expected base64 of UTF-8 text"),
        ("dn: uid=ann\nmail:: //8=\n", 2, "expected base64 of UTF-8 text"),
        (b"ann@one.example\n\xff@one.example\n", 2, "expected UTF-8 text"),
        ("ann@two.example\n", 0, "expected at least one address of one.example"),
        ("", 0, "expected at least one address of one.example"),
        (f"ann@one.example\n{'x' * 70_000}\n", 2, "expected lines of at most 65536 characters"),
    ],
)
def test_a_fault_names_file_and_line(tmp_path, text, line, expected):
    with pytest.raises(BadConfig) as caught:
        read(tmp_path, text)
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "list.csv"), line)
    assert expected in caught.value.expected


@pytest.mark.parametrize("name", ["missing.csv", ".", "nul\0"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    with pytest.raises(BadConfig, match="expected a file that can be read"):
        read_addresses(tmp_path / name, "one.example")


def test_size_and_number_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(address_file, "MAX_ADDRESSES", 3)
    assert len(read(tmp_path, "a\nb\nc\n")) == 3
    with pytest.raises(BadConfig, match="at most 3 addresses"):
        read(tmp_path, "a\nb\nc\nd\n")
    monkeypatch.setattr(address_file, "MAX_BYTES", 10)
    with pytest.raises(BadConfig, match="at most 10 octets"):
        read(tmp_path, "ann@one.example\n")


@pytest.mark.parametrize(
    "text",
    [
        "dn: x\nmail: a@one.example\nphoto: x\n" + " y\n" * 300_000,
        "#\n" * 300_000 + "a@one.example\n",
        "a@one.example\n" + '"' * 60_000,
        "a@one.example" + " ," * 30_000 + "\n",
        "\n" * 500_000 + "a@one.example",
    ],
)
def test_a_hostile_file_takes_no_long_time(tmp_path, text):
    with cpu() as spent, contextlib.suppress(BadConfig):
        read(tmp_path, text)
    assert spent.seconds < 3.0

"""The questions about DKIM and ARC: whole rounds, and bad requests."""

from __future__ import annotations

import base64

import pytest

from ecluse.entrypoints.judge_ops.arc import arc_seal, arc_validate
from ecluse.entrypoints.judge_ops.dkim import dkim_canon, dkim_sign, dkim_verify
from ecluse.entrypoints.judge_ops.question import Refused
from tests.unit.wire.dkim.keys import pem, rsa_private, rsa_record

MESSAGE = b"From: a@b.test\r\nSubject: x\r\n\r\nhello\r\n"
ZONE = {"k1._domainkey.b.test": {"TXT": [[rsa_record().decode()]]}}
SIGNING = {"domain": "b.test", "selector": "k1", "key": pem(rsa_private()).decode(), "headers": ["From"], "time": 1}


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def octets(fields: list[str]) -> bytes:
    return b"".join(map(base64.b64decode, fields))


def verified(message: bytes, zone=ZONE, **changes):
    return dkim_verify({"message": b64(message), "zone": zone, "now": 10, "allow_sha1": False, **changes})["signatures"]


def test_what_is_signed_is_verified():
    message = octets(dkim_sign({**SIGNING, "message": b64(MESSAGE)})["fields"]) + MESSAGE
    (result,) = verified(message)
    assert result == {"d": "b.test", "s": "k1", "i": "@b.test", "result": "pass", "reason": None}
    assert verified(message, {})[0]["reason"] == "no key"
    assert verified(message, {"k1._domainkey.b.test": {"error": "TIMEOUT"}})[0]["result"] == "temperror"


def test_what_is_sealed_is_validated():
    sealing = {**SIGNING, "authserv_id": "l.test", "auth_results": "spf=pass", "cv": "none", "zone": ZONE}
    message = octets(arc_seal({**sealing, "message": b64(MESSAGE)})["fields"]) + MESSAGE
    assert arc_validate({"message": b64(message), "zone": ZONE, "now": 10}) == {
        "cv": "pass",
        "oldest_pass": 0,
        "reason": None,
    }
    assert arc_validate({"message": b64(message), "zone": {}, "now": 10})["cv"] == "fail"
    with pytest.raises(Refused, match="syntax"):
        arc_seal({**sealing, "message": b64(message)})
    with pytest.raises(Refused, match="bad-request"):
        arc_seal({**sealing, "message": b64(MESSAGE), "cv": "perhaps"})


@pytest.mark.parametrize(
    ("part", "mode", "data", "length", "expected"),
    [
        ("header", "relaxed", b"Subject:  A", None, b"subject:A\r\n"),
        ("header", "simple", b"Subject:  A", None, b"Subject:  A\r\n"),
        ("body", "relaxed", b"a  b \r\n\r\n", None, b"a b\r\n"),
        ("body", "simple", b"a  b \r\n\r\n", 4, b"a  b"),
    ],
)
def test_canonical_octets(part, mode, data, length, expected):
    reply = dkim_canon({"part": part, "mode": mode, "data": b64(data), "length": length})
    assert base64.b64decode(reply["data"]) == expected


@pytest.mark.parametrize(
    "change", [{"part": "tail"}, {"mode": "nowsp"}, {"length": -1}, {"length": True}, {"data": "*"}]
)
def test_bad_questions_about_canonical_octets(change):
    question = {"part": "body", "mode": "simple", "data": "", "length": None, **change}
    with pytest.raises(Refused, match="bad-request"):
        dkim_canon(question)


@pytest.mark.parametrize(
    "change",
    [{"key": "none"}, {"domain": ""}, {"headers": [1]}, {"time": "now"}, {"time": True}, {"time": float("inf")}],
)
def test_bad_questions_about_signing(change):
    with pytest.raises(Refused, match="bad-request"):
        dkim_sign({**SIGNING, "message": b64(MESSAGE), **change})


def test_a_message_without_from_is_not_signed():
    with pytest.raises(Refused, match="syntax"):
        dkim_sign({**SIGNING, "message": b64(b"To: a@b.test\r\n\r\n")})

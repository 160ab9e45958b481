from __future__ import annotations

import base64
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.entrypoints import judge
from tests.unit.filtering.samples import MESSAGE


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def answers(*lines: bytes):
    output = io.BytesIO()
    judge.serve(io.BytesIO(b"".join(lines)), output)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def ask(op, **question):
    (reply,) = answers(json.dumps({"id": 7, "op": op, **question}).encode() + b"\n")
    assert reply.pop("id") == 7
    return reply


SCAN = {
    "message": b64(MESSAGE),
    "envelope": {"helo": "c.test", "mail_from": "a@b.test", "rcpt_to": ["user@protected.test"]},
    "ip": "192.0.2.10",
    "zone": {},
    "policy": {},
}


def test_it_greets():
    assert ask("hello") == {"ok": True}


def test_what_it_cannot_do_yet_is_said_in_the_agreed_word():
    assert ask("file.bake", data="") == {"ok": False, "error": "unsupported"}


def test_smtp_line():
    assert ask("smtp.line", data=b64(b"MAIL FROM:<a@b.test> SIZE=1")) == {
        "ok": True,
        "verb": "MAIL",
        "address": "a@b.test",
        "params": {"SIZE": "1"},
    }
    assert ask("smtp.line", data=b64(b"mail from:<>"))["address"] == ""
    assert ask("smtp.line", data=b64(b"NOOP"))["address"] is None
    assert ask("smtp.line", data=b64(b"MAIL FROM:<a@b.test"))["error"].startswith("syntax: ")


def test_addr_parse():
    assert ask("addr.parse", grammar="header", data=b64(b"A <a@b.test>")) == {
        "ok": True,
        "addresses": [{"name": "A", "local": "a", "domain": "b.test"}],
        "ambiguous": False,
    }
    assert ask("addr.parse", grammar="addr-spec", data=b64(b"a b"))["error"].startswith("syntax: ")
    assert ask("addr.parse", grammar="other", data="")["error"].startswith("bad-request: ")


def test_header_decode():
    assert ask("header.decode", data=b64(b"=?utf-8?Q?a?=")) == {"ok": True, "text": "a"}


def test_mime_walk():
    root = ask("mime.walk", message=b64(b"Content-Type: text/plain; charset=utf-8\r\n\r\nhi\r\n"))["root"]
    assert (root["type"], root["charset"], root["text"], root["size"], root["parts"]) == (
        "text/plain",
        "utf-8",
        "hi\r\n",
        4,
        [],
    )


def test_scan():
    assert ask("scan", **SCAN) == {
        "ok": True,
        "verdict": "deliver",
        "score": 0.0,
        "symbols": [],
        "reasons": [],
        "findings": [],
    }


def test_scan_adds_the_suffixes_that_the_question_bans():
    message = MESSAGE.replace(b"Subject: Minutes", b'Content-Disposition: attachment; filename="a.zip"')
    assert ask("scan", **{**SCAN, "message": b64(message)})["verdict"] == "deliver"
    reply = ask("scan", **{**SCAN, "message": b64(message), "policy": {"blocked_suffixes": [".ZIP"]}})
    assert (reply["verdict"], reply["reasons"]) == ("refuse", ["blocked-name"])


@pytest.mark.parametrize(
    "broken",
    [
        {"message": "%"},
        {"message": 1},
        {"envelope": None},
        {"ip": None},
        {"policy": 3},
        {"policy": {"blocked_suffixes": [1]}},
    ],
)
def test_a_question_that_is_wrong_itself_is_called_so(broken):
    assert ask("scan", **{**SCAN, **broken})["error"].startswith("bad-request: ")


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (b"\n", 0),
        (b"{}\n", 0),
        (b'{"id":3}\n', 3),
        (b'{"id":4,"op":1}\n', 4),
        (b"[" * 100_000 + b"\n", 0),
        (b"\xff\n", 0),
    ],
)
def test_no_line_ends_the_service(line, number):
    first, second = answers(line, b'{"id":9,"op":"hello"}\n')
    assert (first["id"], first["ok"]) == (number, False)
    assert first["error"].startswith("bad-request: ")
    assert second == {"id": 9, "ok": True}


def test_a_line_beyond_the_limit_is_answered_and_passed_over(monkeypatch):
    monkeypatch.setattr(judge, "MAX_LINE_BYTES", 50)
    first, second = answers(b'{"id":3,"op":"hello","x":"' + b"a" * 500 + b'"}\n', b'{"id":4,"op":"hello"}\n')
    assert (first["id"], first["error"].split(":")[0]) == (3, "limit")
    assert second == {"id": 4, "ok": True}


def test_a_fault_of_ours_is_an_answer_and_not_the_end(monkeypatch, capsys):
    def broken(question):
        raise KeyError("x")

    monkeypatch.setitem(judge.OPS, "hello", broken)
    first, second = answers(b'{"id":1,"op":"hello"}\n', b'{"id":2,"op":"none"}\n')
    assert first == {"id": 1, "ok": False, "error": "internal: KeyError"}
    assert second["id"] == 2
    assert "KeyError" in capsys.readouterr().err


def test_text_that_no_other_language_can_carry_comes_out_as_ascii():
    output = io.BytesIO()
    judge.serve(
        io.BytesIO(json.dumps({"id": 1, "op": "header.decode", "data": b64(b"\xff\xed\xa0\x80")}).encode()), output
    )
    assert output.getvalue().isascii()


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.sampled_from(sorted(judge.OPS)), st.binary(max_size=200))
def test_every_octet_gets_a_proper_answer(op, octets):
    data = b64(octets)
    reply = ask(op, **{**SCAN, "data": data, "message": data, "grammar": "header"})
    # Questions that need more than these fields say so; none may be a fault of ours.
    assert reply["ok"] or reply["error"].split(":")[0] in {"syntax", "limit", "bad-request"}

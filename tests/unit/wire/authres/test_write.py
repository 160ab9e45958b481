"""The field that we write."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.arc.chain import ChainResult, Validity
from ecluse.wire.authres.read import read
from ecluse.wire.authres.results import MethodResult, Property, from_arc, from_dkim, from_dmarc, from_spf
from ecluse.wire.authres.write import MAX_RESULTS, results_text, write
from ecluse.wire.dkim.result import Result, SignatureResult
from ecluse.wire.dmarc.evaluate import DmarcOutcome, DmarcResult
from ecluse.wire.dmarc.record import DmarcPolicy
from ecluse.wire.mime.fields import unfolded
from ecluse.wire.spf.check import SpfResult
from ecluse.wire.spf.record import SpfOutcome


def test_no_result_is_written_as_none():
    assert write("mx.test", []) == b"Authentication-Results: mx.test; none\r\n"
    assert results_text([]) == "none"


def test_each_result_stands_on_a_line_of_its_own():
    results = [
        from_spf(SpfResult(SpfOutcome.PASS, "b.test", "mailfrom", 1), "ann@b.test", "h.test"),
        from_spf(SpfResult(SpfOutcome.NONE, "h.test", "helo", 0), "", "h.test"),
        from_dkim(SignatureResult("b.test", "k1", "@b.test", Result.PASS, start="ab/c+d==", algorithm="rsa-sha256")),
        from_arc(ChainResult(Validity.FAIL, 2, "i=1: no key"), "2001:db8::1"),
        from_dmarc(DmarcResult(DmarcOutcome.FAIL, "b.test", DmarcPolicy.REJECT, "b.test")),
    ]
    assert write("mx.test", results) == (
        b"Authentication-Results: mx.test;\r\n"
        b"\tspf=pass smtp.mailfrom=ann@b.test;\r\n"
        b"\tspf=none smtp.helo=h.test;\r\n"
        b"\tdkim=pass header.d=b.test header.s=k1 header.a=rsa-sha256\r\n"
        b'\t\theader.i=@b.test header.b="ab/c+d==";\r\n'
        b'\tarc=fail reason="i=1: no key" smtp.remote-ip="2001:db8::1"\r\n'
        b"\t\theader.oldest-pass=2;\r\n"
        b"\tdmarc=fail (p=reject dis=reject) header.from=b.test\r\n"
    )


def test_an_arc_set_gets_the_same_on_one_line():
    results = [MethodResult("spf", "pass", (Property("smtp", "helo", "h.test"),)), MethodResult("arc", "none")]
    assert results_text(results) == "spf=pass smtp.helo=h.test; arc=none"


def test_a_hostile_value_starts_no_line_and_ends_no_string():
    mail_from = 'a"\r\nX-Evil: 1\\@b.test;dkim=pass header.d=good.test'
    written = write("mx.test", [MethodResult("spf", "fail", (Property("smtp", "mailfrom", mail_from),), "(x", "a) b")])
    assert written.count(b"\r\n") == written.count(b"\r\n\t") + 1
    [result] = read(unfolded(written)).results
    assert result.properties == (Property("smtp", "mailfrom", mail_from.replace("\r\n", "??")),)


def test_of_too_many_results_the_rest_is_left_out():
    assert write("mx.test", [MethodResult("dkim", "fail")] * 1_000).count(b"dkim=") == MAX_RESULTS


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=400), st.text(min_size=1, max_size=100))
def test_whatever_stands_in_it_one_field_of_short_ascii_lines_comes_out(
    value: str, reason: str, comment: str, host: str
):
    written = write(host, [MethodResult("spf", "fail", (Property("smtp", "mailfrom", value),), reason, comment)])
    *lines, last = written.split(b"\r\n")
    assert last == b""
    assert all(line.startswith(b"\t") for line in lines[1:])
    assert all(0x20 <= octet < 0x7F or octet == 9 for line in lines for octet in line)
    assert max(map(len, lines)) <= 998
    [result] = read(unfolded(written)).results
    assert (result.method, result.outcome, len(result.properties)) == ("spf", "fail", 1)

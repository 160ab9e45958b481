"""Parameters of MAIL and RCPT: what is offered is read strictly, nothing else is taken."""

from __future__ import annotations

from functools import partial

import pytest

from ecluse.wire.smtp import replies
from ecluse.wire.smtp.grammar import SyntaxTrouble
from ecluse.wire.smtp.parameters import MailParameters, RcptParameters, read_mail_parameters, read_rcpt_parameters

mail = partial(read_mail_parameters, is_esmtp=True, offers_dsn=True)
rcpt = partial(read_rcpt_parameters, is_esmtp=True, offers_dsn=True, allows_utf8=False)


def refusal(read, parameters):
    with pytest.raises(SyntaxTrouble) as trouble:
        read(parameters)
    return trouble.value.reply


def test_all_of_mail_are_read():
    said = mail({"SIZE": "10", "BODY": "8bitmime", "SMTPUTF8": "", "RET": "hdrs", "ENVID": "a+2Bb"})
    assert said == MailParameters(10, "8BITMIME", smtputf8=True, ret="HDRS", envid="a+2Bb")


def test_all_of_rcpt_are_read():
    said = rcpt({"NOTIFY": "success,Delay", "ORCPT": "rfc822;a+2Bb@x.example"})
    assert said == RcptParameters(("SUCCESS", "DELAY"), "rfc822;a+2Bb@x.example")
    assert rcpt({"NOTIFY": "never"}).notify == ("NEVER",)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("SIZE", ""), ("SIZE", "x"), ("SIZE", "-1"), ("SIZE", "1" * 21), ("BODY", ""), ("BODY", "BINARYMIME"),
        ("SMTPUTF8", "yes"), ("RET", ""), ("RET", "ALL"), ("ENVID", ""), ("ENVID", "a+b"), ("ENVID", "a" * 101),
    ],
)  # fmt: skip
def test_a_value_that_is_none_is_refused_in_mail(keyword, value):
    assert refusal(mail, {keyword: value}) is replies.BAD_PARAMETER


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("NOTIFY", ""), ("NOTIFY", "NEVER,DELAY"), ("NOTIFY", "SUCCESS,"), ("NOTIFY", "ALWAYS"), ("ORCPT", ""),
        ("ORCPT", "a@x.example"), ("ORCPT", ";a"), ("ORCPT", "rfc822;a+b"), ("ORCPT", "rfc822;" + "a" * 494),
        ("ORCPT", "utf-8;é@x.example"),
    ],
)  # fmt: skip
def test_a_value_that_is_none_is_refused_in_rcpt(keyword, value):
    assert refusal(rcpt, {keyword: value}) is replies.BAD_PARAMETER


def test_an_original_recipient_may_be_utf8_in_a_utf8_transaction():
    said = read_rcpt_parameters({"ORCPT": "utf-8;é@x.example"}, is_esmtp=True, offers_dsn=True, allows_utf8=True)
    assert said.orcpt == "utf-8;é@x.example"


@pytest.mark.parametrize("parameters", [{"AUTH": "<>"}, {"FOO": ""}, {"SIZE": "1", "NOTIFY": "NEVER"}])
def test_what_is_not_offered_is_refused_in_mail(parameters):
    assert refusal(mail, parameters) is replies.UNKNOWN_PARAMETER


def test_what_is_not_offered_is_refused_in_rcpt():
    assert refusal(rcpt, {"SIZE": "1"}) is replies.UNKNOWN_PARAMETER
    assert refusal(partial(rcpt, offers_dsn=False), {"NOTIFY": "NEVER"}) is replies.UNKNOWN_PARAMETER
    assert refusal(partial(mail, offers_dsn=False), {"RET": "FULL"}) is replies.UNKNOWN_PARAMETER


def test_after_helo_no_parameter_is_taken():
    assert refusal(partial(mail, is_esmtp=False), {"SIZE": "1"}) is replies.UNKNOWN_PARAMETER
    assert mail({}, is_esmtp=False) == MailParameters()

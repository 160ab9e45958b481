"""What other servers' answers mean; the texts are written after what large providers say."""

from __future__ import annotations

import pytest

from ecluse.domain.answer_class import AnswerClass
from ecluse.wire.smtp.answer_classes import MAX_ANSWER, class_of


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("550 5.1.1 The email account that you tried to reach does not exist", AnswerClass.UNKNOWN),
        ("550 5.1.1", AnswerClass.UNKNOWN),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", AnswerClass.UNKNOWN),
        ("550 5.4.1 Recipient address rejected: Access denied", AnswerClass.UNKNOWN),
        ("550 5.5.0 Requested action not taken: mailbox unavailable", AnswerClass.UNKNOWN),
        ("554 delivery error: dd This user doesn't have a yahoo.com account", AnswerClass.UNKNOWN),
        ("550 5.5.0 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416", AnswerClass.UNKNOWN),
        ("550 5.2.1 The email account that you tried to reach is disabled", AnswerClass.UNKNOWN),
        ("551 5.1.6 He has moved", AnswerClass.UNKNOWN),
        ("450 4.2.1 The user you are trying to contact is receiving mail at a rate that", AnswerClass.TOO_FAST),
        ("421 4.7.28 Our system has detected an unusual rate of unsolicited mail", AnswerClass.TOO_FAST),
        ("552 5.2.2 The recipient's inbox is over quota", AnswerClass.FULL),
        ("550 5.7.26 This mail is unauthenticated", AnswerClass.UNPROVEN),
        ("550 5.7.1 Unauthenticated email is not accepted due to the domain's DMARC policy", AnswerClass.UNPROVEN),
        ("550 5.1.7 no", AnswerClass.UNPROVEN),
        (
            "550 5.1.8 <a@b.example>: Sender address rejected: User unknown in local recipient table",
            AnswerClass.UNPROVEN,
        ),
        ("550 sender verify failed for <a@b.example>: no such user here", AnswerClass.UNPROVEN),
        ("550 5.1.0 <a@b.example> sender rejected: User unknown", AnswerClass.UNPROVEN),
        ("554 5.7.1 Sender account disabled", AnswerClass.UNPROVEN),
        ("550 5.7.1 The account sending this message has been suspended", AnswerClass.UNPROVEN),
        ("550 5.7.1 Client host rejected: the reverse name of your IP address was not found", AnswerClass.UNPROVEN),
        ("550 5.7.25 The IP address sending this message has no PTR record: address not found", AnswerClass.UNPROVEN),
        ("550 invalid HELO name: address unknown", AnswerClass.UNPROVEN),
        ("550 5.1.1 <bob@far.example>: mailbox of the recipient does not exist, sender informed", AnswerClass.UNKNOWN),
        ("550 5.1.1 blocked, see https://www.spamhaus.org/query", AnswerClass.LISTED),
        ("550 5.7.606 Access denied, banned sending IP [192.0.2.1]", AnswerClass.LISTED),
        ("552 5.3.4 too much", AnswerClass.TOO_LARGE),
        ("556 5.1.10 far.example takes no mail (null MX)", AnswerClass.NO_DOMAIN),
        ("550 5.1.2 what", AnswerClass.NO_DOMAIN),
        ("554 5.7.1 This looks like spam", AnswerClass.UNWANTED),
        ("550 5.7.1 no", AnswerClass.UNWANTED),
        ("no server of far.example answers", AnswerClass.AWAY),
        ("451 4.4.1 wait", AnswerClass.AWAY),
        ("550 no", AnswerClass.OTHER),
        ("451 4.3.0 later", AnswerClass.OTHER),
    ],
)
def test_the_words_then_the_status_say_what_is_meant(answer, expected):
    assert class_of(answer) is expected


def test_only_the_beginning_is_looked_at():
    assert class_of(f"550 {'x' * MAX_ANSWER} 5.1.1") is AnswerClass.OTHER

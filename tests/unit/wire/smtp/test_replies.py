"""The replies that we give."""

from __future__ import annotations

import re

import pytest

from ecluse.domain.reply import Reply
from ecluse.wire.smtp import replies

NAMED = {name: value for name, value in vars(replies).items() if isinstance(value, Reply)}
# RFC 5321 section 4.2.3, and RFC 4954 section 6.
CODES = {214, 220, 221, 250, 252, 354, 421, 450, 451, 452, 455, 500, 501, 502, 503, 504, 550, 551, 552, 553, 554, 555}
CODES |= {235, 334, 454, 530, 535, 538}
# RFC 3463 section 2.
DETAIL = re.compile(r"[0-7]\.\d{1,3}")


@pytest.mark.parametrize("name", NAMED)
def test_a_reply_is_one_of_the_rfc_and_its_codes_agree(name):
    reply = NAMED[name]
    assert reply.code in CODES
    for line in reply.wire.decode("ascii").splitlines():
        assert len(line) <= 510  # RFC 5321 section 4.5.3.1.5.
        code, enhanced = re.fullmatch(r"(\d{3})[ -](?:(\d\.\d+\.\d+) )?.+", line).groups()
        # RFC 2034 section 4: 2xx, 4xx and 5xx carry one, and its class is the code's; 354 carries none.
        assert enhanced is None if code[0] == "3" else enhanced.startswith(f"{code[0]}.")


@pytest.mark.parametrize("name", NAMED)
def test_an_enhanced_code_has_a_subject_and_a_detail(name):
    assert NAMED[name].code == 354 or DETAIL.fullmatch(NAMED[name].detail)


def test_only_what_ends_the_session_is_421():
    assert {name for name, reply in NAMED.items() if reply.code == 421} == {
        "TOO_MANY_ERRORS",
        "TOO_MANY_TRANSACTIONS",
        "TOO_MANY_CONNECTIONS",
        "SILENCE",
        "SHUTTING_DOWN",
    }

"""What others say stands in one line of ours."""

from ecluse.domain.printable import printable


def test_what_can_be_seen_stays_and_nothing_else():
    assert printable("été \u65e5\u672c") == "été \u65e5\u672c"
    assert printable("a\r\nb\tc\x1b[2J\u202ed\u200b") == "a  b c [2J d "
    assert printable("") == ""

from contextlib import contextmanager
from pathlib import Path

import pytest

from ecluse.domain.errors import BadConfig
from ecluse.entrypoints.toml_file import dotted, read_toml


def read(tmp_path: Path, octets: bytes, max_bytes: int = 10_000):
    path = tmp_path / "some.toml"
    path.write_bytes(octets)
    return read_toml(path, max_bytes=max_bytes)


def test_a_syntax_error_names_its_line(tmp_path):
    with pytest.raises(BadConfig) as caught:
        read(tmp_path, b'a = 1\nb = "x\n')
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "some.toml"), 2)
    assert caught.value.expected.startswith("expected TOML: ")


def test_an_end_that_comes_too_soon_is_the_last_line(tmp_path):
    with pytest.raises(BadConfig) as caught:
        read(tmp_path, b"a = 1\nb =")
    assert caught.value.line == 2


def test_a_key_given_twice_names_its_second_line(tmp_path):
    with pytest.raises(BadConfig) as caught:
        read(tmp_path, b"a = 1\na = 2\n")
    assert caught.value.line == 2


def test_octets_that_are_no_utf_8_name_their_line(tmp_path):
    with pytest.raises(BadConfig) as caught:
        read(tmp_path, b"a = 1\n\nb = '\xff'\n")
    assert (caught.value.line, caught.value.expected) == (3, "expected UTF-8 text")


def test_a_missing_file_is_named_without_a_line(tmp_path):
    with pytest.raises(BadConfig, match="expected a file that can be read: No such file") as caught:
        read_toml(tmp_path / "none.toml", max_bytes=10)
    assert caught.value.line == 0


def test_a_file_is_read_up_to_its_limit_only(tmp_path):
    assert read(tmp_path, b"a = 1", max_bytes=5).content == {"a": 1}
    with pytest.raises(BadConfig, match="at most 4 octets"):
        read(tmp_path, b"a = 1", max_bytes=4)


def test_endless_nesting_is_refused(tmp_path):
    with pytest.raises(BadConfig, match="less deeply nested"):
        read(tmp_path, b"a = " + b"[" * 9_000)


def test_an_error_at_a_missing_key_is_reported_at_its_table(tmp_path):
    file = read(tmp_path, b"a = 1\n[t]\nb = [1]\n")
    assert file.bad(("t", "missing"), "x").line == 2
    assert file.bad(("t", "b", 0), "x").line == 3
    assert file.bad(("missing",), "x").line == 0


def test_keys_are_shown_as_people_write_them():
    assert dotted(("clients", 0, "domains", 12, "name")) == "clients[0].domains[12].name"


def test_a_bad_configuration_passes_through_a_with_block(tmp_path):
    """A frozen exception cannot: contextlib sets its traceback."""

    @contextmanager
    def block():
        yield

    with pytest.raises(BadConfig), block():
        raise read(tmp_path, b"a = 1").bad(("a",), "x")

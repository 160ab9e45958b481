import json
import tomllib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.entrypoints.toml_lines import locate

TEXT = '''\
# [not.a.table]
name = "a # b [c] = {d}" # why
when = 1979-05-27 07:32:00
ratio = 1.5

[inbound]
listen = [
  "one", # first
  "two",
  ["three",
   "four"],
]
dotted."quo\\u0074ed".key = 1
inline = { a = 1, b = { c = "}" }, d = [ 1, { e = 2 } ] }
long = """
[hidden]
x = 1 \\""" y
"""
lit = \'\'\'
[hidden]\'\'\'
after = true

[[clients]]
name = "first"
  [[clients.domains]]
  name = "one"
  [[clients.domains]]
  name = "two"
[[clients]]
name = "second"
[clients.terms]
x = 1
[[clients.domains]]
name = "three"
'''


def test_every_key_is_found_on_its_line():
    lines = locate(TEXT)
    assert {key: lines[key] for key in lines if key[0] != "clients"} == {
        ("name",): 2,
        ("when",): 3,
        ("ratio",): 4,
        ("inbound",): 6,
        ("inbound", "listen"): 7,
        ("inbound", "listen", 0): 8,
        ("inbound", "listen", 1): 9,
        ("inbound", "listen", 2): 10,
        ("inbound", "listen", 2, 0): 10,
        ("inbound", "listen", 2, 1): 11,
        ("inbound", "dotted"): 13,
        ("inbound", "dotted", "quoted"): 13,
        ("inbound", "dotted", "quoted", "key"): 13,
        ("inbound", "inline"): 14,
        ("inbound", "inline", "a"): 14,
        ("inbound", "inline", "b"): 14,
        ("inbound", "inline", "b", "c"): 14,
        ("inbound", "inline", "d"): 14,
        ("inbound", "inline", "d", 0): 14,
        ("inbound", "inline", "d", 1): 14,
        ("inbound", "inline", "d", 1, "e"): 14,
        ("inbound", "long"): 15,
        ("inbound", "lit"): 19,
        ("inbound", "after"): 21,
    }


def test_keys_below_a_repeated_table_belong_to_its_last_one():
    lines = locate(TEXT)
    assert lines["clients", 0, "domains", 1, "name"] == 28
    assert lines["clients", 1] == 29
    assert lines["clients", 1, "terms", "x"] == 32
    assert lines["clients", 1, "domains", 0, "name"] == 34


def test_windows_line_ends_count_once():
    assert locate("a = 1\r\n\r\nb = [\r\n2]\r\n")["b", 0] == 4


def test_every_key_of_our_own_project_file_is_found():
    text = (Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8")
    assert set(paths(tomllib.loads(text))) == set(locate(text))


scalars = st.one_of(st.integers(-9, 9), st.booleans(), st.text(alphabet="a#[]{}=,.'\"\\\n ", max_size=8))
keys = st.text(alphabet="ab.#[] ='", min_size=1, max_size=4)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.dictionaries(keys, values, max_size=5))
def test_whatever_the_values_hold_each_key_is_found_on_its_own_line(document):
    text = "".join(f"{json.dumps(key)} = {inline(value)}\n" for key, value in document.items())
    assert tomllib.loads(text) == document
    lines = locate(text)
    assert set(lines) == set(paths(document))
    assert [lines[(key,)] for key in document] == list(range(1, len(document) + 1))


def inline(value) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(inline, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)} = {inline(inner)}' for key, inner in value.items())}}}"
    return json.dumps(value)


def paths(value, path=()):
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*path, index))

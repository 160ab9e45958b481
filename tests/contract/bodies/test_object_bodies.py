"""Bodies by obstore: in its own memory, and over S3 in a real Swift, which may also be away or of another opinion."""

import time
from dataclasses import replace

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Unavailable
from tests.contract.bodies.contract import BodiesContract
from tests.object_store import IS_HERE, MemoryStore, ObjectBodies, Swift


@pytest.fixture
def now():
    return time.time()


class TestInMemory(BodiesContract):
    @pytest.fixture
    def new(self):
        store = MemoryStore()
        return lambda node: ObjectBodies(lambda: store, node)


@pytest.fixture(scope="module")
def swift(tmp_path_factory):
    swift = Swift(tmp_path_factory.mktemp("swift")).start()
    yield swift
    swift.stop()


@pytest.mark.peers
@pytest.mark.skipif(not IS_HERE, reason="no Swift: scripts/install-test-servers")
class TestOverS3(BodiesContract):
    @pytest.fixture
    def new(self, swift, request):
        folder = f"{swift.url}/{request.node.name.replace('[', '-').rstrip(']')}"
        bucket = replace(swift.bucket, url=folder)
        return lambda node: ObjectBodies(bucket.connect, node)

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"url": "http://127.0.0.1:9/bucket"}, "error sending request"),
            ({"key_id": "test:nobody"}, "403"),
            ({"secret_file": "wrong"}, "403"),
            ({"secret_file": "missing"}, "No such file"),
            ({"url": "/no-such-bucket"}, "NoSuchBucket|404"),
        ],
    )
    def test_what_cannot_be_now_is_told_in_a_line(self, swift, tmp_path, changes, told):
        (tmp_path / "wrong").write_text("another secret")
        if "secret_file" in changes:
            changes = {"secret_file": tmp_path / changes["secret_file"]}
        if changes.get("url", "").startswith("/"):
            changes = {"url": swift.url.rpartition("/")[0] + changes["url"]}
        bodies = ObjectBodies(replace(swift.bucket, **changes).connect, "a.example")
        for asked in (lambda: bodies.keep("m1", MemoryContent(b"x")), lambda: list(bodies.stored())):
            with pytest.raises(Unavailable, match=told) as caught:
                asked()
            assert "\n" not in str(caught.value)

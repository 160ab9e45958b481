"""Contents of held messages in a store that speaks S3: one object each, `<node>/<message id>`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from ecluse.domain.content import Content
from ecluse.domain.errors import Impossible, Unavailable
from ecluse.ports.bodies import StoredBody

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PART_BYTES = 8_388_608  # What is larger goes up in parts of this size, each a request of its own.
CONNECT_S = 5
RETRIES = 1


class ObjectBodies:
    """See `ecluse.ports.bodies.Bodies`; used first after a fork."""

    def __init__(self, connect: Callable[[], ObjectStore], node: str) -> None:
        """`connect` may raise `OSError`. `node` is the folder of the store's names that is ours: no other is looked into."""
        self._connect, self._node = connect, node
        self._connected: ObjectStore | None = None

    def keep(self, message_id: str, content: Content) -> None:
        """See `Bodies.keep`."""
        name = self._name(message_id)
        with _store_errors():
            is_large = content.size > PART_BYTES
            obstore.put(
                self._store(),
                name,
                content.chunks() if is_large else content.slice(0, content.size),
                use_multipart=is_large,
                chunk_size=PART_BYTES,
                max_concurrency=2,
            )
            size = obstore.head(self._store(), name)["size"]
        if size != content.size:
            raise Unavailable(f"store of bodies: {name} has {size} octets in place of {content.size}")

    def read(self, message_id: str) -> Iterator[bytes]:
        """See `Bodies.read`."""
        name = self._name(message_id)
        try:
            with _store_errors():
                for chunk in obstore.get(self._store(), name).stream(min_chunk_size=PART_BYTES):
                    yield bytes(chunk)
        except FileNotFoundError as error:
            raise Impossible(f"{message_id}: not in the store of bodies") from error

    def remove(self, message_ids: Iterable[str]) -> None:
        """See `Bodies.remove`."""
        for message_id in message_ids:
            # A bucket that is not there is trouble; an object that is not is no more than was asked.
            with suppress(FileNotFoundError), _store_errors():
                obstore.delete(self._store(), self._name(message_id))

    def stored(self) -> Iterator[StoredBody]:
        """See `Bodies.stored`."""
        with _store_errors():
            for batch in obstore.list(self._store(), prefix=self._node, chunk_size=1_000):
                for found in batch:
                    yield StoredBody(found["path"].rpartition("/")[2], found["last_modified"].timestamp())

    def _store(self) -> ObjectStore:
        if self._connected is None:
            try:
                self._connected = self._connect()
            except OSError as error:
                raise Unavailable(f"store of bodies: {error}") from error
        return self._connected

    def _name(self, message_id: str) -> str:
        return f"{self._node}/{message_id}"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where contents lie, and by whose leave."""

    url: str  # https://host/bucket, or a folder in it.
    key_id: str
    secret_file: Path
    region: str
    timeout_s: float  # For one request.

    def connect(self) -> S3Store:
        """Nothing is asked of it yet. Raises `OSError` where the secret cannot be read."""
        parts = urlsplit(self.url)
        bucket, _, folder = unquote(parts.path).strip("/").partition("/")
        return S3Store(
            bucket,
            prefix=folder or None,
            endpoint=f"{parts.scheme}://{parts.netloc}",
            region=self.region,
            access_key_id=self.key_id,
            secret_access_key=self.secret_file.read_text("utf-8").strip(),
            virtual_hosted_style_request=False,
            client_options={
                "allow_http": parts.scheme == "http",
                "connect_timeout": timedelta(seconds=CONNECT_S),
                "timeout": timedelta(seconds=self.timeout_s),
            },
            retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=self.timeout_s)},
        )


@contextmanager
def _store_errors() -> Iterator[None]:
    """Whatever a store says, a later attempt may end otherwise: a person can mend keys and buckets.

    `FileNotFoundError` is left alone where it means one object.
    """
    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise Unavailable("store of bodies: its bucket is not there (NoSuchBucket)") from error
        raise
    except BaseError as error:
        raise Unavailable(f"store of bodies: {_in_a_line(error)}") from error


def _in_a_line(error: BaseError) -> str:
    """Without the page that a server sends along; what stands below is of use to who knows Rust."""
    return str(error).partition("\n")[0].partition(": <?xml")[0]

"""Encrypted entries: the cipher of PKWARE (APPNOTE section 6.1) and AE-x of WinZip (appendix E)."""

from __future__ import annotations

import hashlib
import hmac
import zlib
from collections.abc import Iterator

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ecluse.opening.archives.zip.records import Header
from ecluse.opening.budget import Budget

_HEAD_OCTETS = 12
_PIECE = 65_536
_KEYS = (0x12345678, 0x23456789, 0x34567890)
_CRC_TABLE = tuple(zlib.crc32(bytes([octet]), 0xFFFFFFFF) ^ 0xFFFFFFFF for octet in range(256))
_AES_ROUNDS = 1_000
_AES_KEY_OCTETS = {1: 16, 2: 24, 3: 32}
_MAC_OCTETS = 10


def spellings(passwords: tuple[str, ...]) -> Iterator[bytes]:
    """Each password as the encodings have it that packers use."""
    for password in passwords:
        yield from dict.fromkeys((password.encode("utf-8", "replace"), password.encode("cp1252", "replace")))


def decrypted(header: Header, data: memoryview, password: bytes, budget: Budget) -> bytes | None:
    """The data without its cipher; None where the password cannot be the right one."""
    return _aes(header.aes, data, password) if header.aes else _classic(header, data, password, budget)


# --- PKWARE's own -------------------------------------------------------------------


def _classic(header: Header, data: memoryview, password: bytes, budget: Budget) -> bytes | None:
    keys = _KEYS
    for octet in password:
        keys = _next_keys(keys, octet)
    head, keys = _run(bytes(data[:_HEAD_OCTETS]), keys)
    # The last octet of the head repeats one of the checksum, or of the time where that was not yet known.
    if len(head) < _HEAD_OCTETS or head[-1] not in {header.checksum >> 24, header.time >> 8}:
        return None
    plain = bytearray()
    for at in range(_HEAD_OCTETS, len(data), _PIECE):
        budget.check_time()
        piece, keys = _run(bytes(data[at : at + _PIECE]), keys)
        plain += piece
    return bytes(plain)


def _next_keys(keys: tuple[int, int, int], octet: int) -> tuple[int, int, int]:
    first, second, third = keys
    first = first >> 8 ^ _CRC_TABLE[(first ^ octet) & 0xFF]
    second = ((second + (first & 0xFF)) * 134_775_813 + 1) & 0xFFFFFFFF
    third = third >> 8 ^ _CRC_TABLE[(third ^ second >> 24) & 0xFF]
    return first, second, third


def _run(data: bytes, keys: tuple[int, int, int]) -> tuple[bytes, tuple[int, int, int]]:
    """The plain octets and the state after them. In one loop: it is run for each octet."""
    first, second, third = keys
    table = _CRC_TABLE
    plain = bytearray(len(data))
    for at, octet in enumerate(data):
        mask = third | 2
        octet ^= (mask * (mask ^ 1)) >> 8 & 0xFF  # noqa: PLW2901 - the octet becomes plain here.
        plain[at] = octet
        first = first >> 8 ^ table[(first ^ octet) & 0xFF]
        second = ((second + (first & 0xFF)) * 134_775_813 + 1) & 0xFFFFFFFF
        third = third >> 8 ^ table[(third ^ second >> 24) & 0xFF]
    return bytes(plain), (first, second, third)


# --- WinZip's -------------------------------------------------------------------------


def _aes(field: bytes, data: memoryview, password: bytes) -> bytes | None:
    key_octets = _AES_KEY_OCTETS.get(field[4] if len(field) >= 7 else 0)
    if key_octets is None:
        return None
    salt_octets = key_octets // 2
    salt, verifier = bytes(data[:salt_octets]), bytes(data[salt_octets : salt_octets + 2])
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, _AES_ROUNDS, 2 * key_octets + 2)
    body = bytes(data[salt_octets + 2 : -_MAC_OCTETS])
    if verifier != keys[-2:]:
        return None
    mac = hmac.digest(keys[key_octets : 2 * key_octets], body, "sha1")[:_MAC_OCTETS]
    return _counter_mode(keys[:key_octets], body) if mac == bytes(data[-_MAC_OCTETS:]) else None


def _counter_mode(key: bytes, data: bytes) -> bytes:
    """AES with a little-endian counter from 1, which no library offers: the counters are encrypted as a text."""
    blocks = (len(data) + 15) // 16
    counters = np.zeros((blocks, 2), dtype="<u8")
    counters[:, 0] = np.arange(1, blocks + 1)
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - one key stream, made of counters.
    mask = np.frombuffer(cipher.update(counters.tobytes()), dtype=np.uint8)[: len(data)]
    plain: bytes = (np.frombuffer(data, dtype=np.uint8) ^ mask).tobytes()
    return plain

"""Openers for tests that do what hostile files might make a library do, by the first word of a file's content."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ecluse.adapters.room.zygote import main
from ecluse.domain.opened import Member, MemberKind, Opened
from ecluse.opening.budget import Limits
from ecluse.opening.pieces import File


def crash(_file: File) -> Opened:
    ctypes.string_at(8)
    raise AssertionError


def hang(_file: File) -> Opened:
    while True:
        time.sleep(60)


def spin(_file: File) -> Opened:
    while True:
        pass


def memory_bomb(_file: File) -> Opened:
    hoard = []
    while True:
        hoard.append(bytearray(1 << 24))


def output_bomb(_file: File) -> Opened:
    return Opened("zip", flags=("bomb",), texts=("x" * 10_000_000,))


def garbage(_file: File) -> Opened:
    for descriptor in range(3, 8):
        try:
            os.write(descriptor, b"\x00\x00\x00\x05garb!")
        except OSError:
            continue
    time.sleep(60)
    raise AssertionError


def endless(_file: File) -> Opened:
    for descriptor in range(3, 8):
        try:
            os.write(descriptor, b"\xff\xff\xff\xff")
        except OSError:
            continue
    time.sleep(60)
    raise AssertionError


def close_everything(_file: File) -> Opened:
    for descriptor in range(16):
        try:
            os.close(descriptor)
        except OSError:
            continue
    time.sleep(60)
    raise AssertionError


def raises(_file: File) -> Opened:
    raise ZeroDivisionError


def slowly(_file: File) -> Opened:
    time.sleep(0.2)
    return Opened("slow")


def surrogates(_file: File) -> Opened:
    return Opened("zip", members=(Member(("caf\udce9",), MemberKind.FILE),), texts=("\ud800",))


def echo(file: File) -> Opened:
    return Opened("echo", texts=(file.name, str(len(file.content)), *file.passwords, str(os.getpid())))


def locked_open(_file: File) -> Opened:
    return Opened("unknown", is_encrypted=True)


def _refusal(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as problem:
        return errno.errorcode[problem.errno or 0]
    return "allowed"


def escape(_file: File) -> Opened:
    """Every way out that is closed, and what the kernel says to it."""
    libc = ctypes.CDLL(None, use_errno=True)

    def call(name: str, *arguments: object) -> None:
        if getattr(libc, name)(*arguments) < 0:
            raise OSError(ctypes.get_errno(), name)

    def syscall(number: int, *arguments: object) -> None:
        if libc.syscall(number, *arguments) < 0:
            raise OSError(ctypes.get_errno(), "syscall")

    attempts: dict[str, Callable[[], object]] = {
        "read a file": lambda: Path("/etc/passwd").read_bytes(),
        "write a file": lambda: Path("/tmp/ecluse-escape").write_bytes(b""),
        "look at a file": lambda: Path("/etc/passwd").stat(),
        "list a folder": lambda: list(Path("/").iterdir()),
        "make a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "make a local socket": socket.socketpair,
        "run a program": lambda: os.execv("/bin/true", ["true"]),
        "fork": os.fork,
        "fork as the C library does": lambda: call("fork"),
        "trace": lambda: call("ptrace", 16, os.getpid(), None, None),
        "signal": lambda: os.kill(os.getpid(), 0),
        "change the limits": lambda: call("setrlimit", 9, (ctypes.c_ulong * 2)(1, 1)),
        "change the lock": lambda: call("prctl", 4, 1, 0, 0, 0),
        "make a file in memory": lambda: os.memfd_create("x"),
        "wait for files": lambda: call("inotify_init"),
        "executable memory": lambda: _mapped(libc, 0x7, 0x22),
        "shared memory": lambda: _mapped(libc, 0x3, 0x21),
        "ask io_uring": lambda: syscall(425, 1, None),
        "load a BPF program": lambda: syscall(321, 0, None, 0),
    }
    return Opened("escape", texts=tuple(f"{name}: {_refusal(attempt)}" for name, attempt in attempts.items()))


def _mapped(libc: ctypes.CDLL, protection: int, flags: int) -> None:
    libc.mmap.restype = ctypes.c_long
    if libc.mmap(None, ctypes.c_size_t(4096), protection, flags, -1, ctypes.c_long(0)) == -1:
        raise OSError(ctypes.get_errno(), "mmap")


MISCHIEF: dict[bytes, Callable[[File], Opened]] = {
    name.encode(): act
    for name, act in globals().items()
    if callable(act) and getattr(act, "__module__", "") == __name__ and not name.startswith("_")
}


def open_mischief(file: File, _limits: Limits) -> Opened:
    return MISCHIEF[file.content.split()[0]](file)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], open_mischief)

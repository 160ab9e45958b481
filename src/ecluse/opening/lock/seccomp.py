"""A seccomp filter of our own: computing, and the descriptors that are open already; nothing else (seccomp(2))."""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ecluse.opening.lock.kernel import PR_SET_SECCOMP, prctl
from ecluse.opening.lock.syscalls import MACHINES, Machine

_MODE_FILTER = 2
# linux/bpf_common.h: load a word, jump if equal, jump if any bit is set, return.
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
# struct seccomp_data: the call's number, the machine, and six arguments of eight octets.
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_REFUSE = _ERRNO | errno.EPERM
_NO_SUCH_CALL = _ERRNO | errno.ENOSYS
_WORD = 0xFFFFFFFF

_PROT_EXEC = 0x4
_MAP_SHARED = 0x1
_AT_EMPTY_PATH = 0x1000
_F_GETFD, _F_GETFL, _F_DUPFD_CLOEXEC = 1, 3, 1030

FREE = (
    "read",
    "write",
    "futex",
    "mremap",
    "munmap",
    "brk",
    "madvise",
    "pread64",
    "lseek",
    "fstat",
    "recvmsg",
    "close",
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "nanosleep",
    "gettimeofday",
    "time",
    "getrandom",
    "getpid",
    "gettid",
    "getrusage",
    "sched_yield",
    "sched_getaffinity",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "restart_syscall",
    "exit",
    "exit_group",
)


@dataclass(frozen=True, slots=True)
class Condition:
    """What one argument of a call must look like."""

    argument: int
    bits: int = 0  # Of these bits one at least is set, or none is: see `wanted`.
    is_wanted: bool = False
    one_of: tuple[int, ...] = ()  # In place of bits: the argument is one of these.


CONDITIONAL = {
    # Memory stays what it is: no new code, and none that is shared, which no limit would count.
    "mmap": (Condition(2, bits=_PROT_EXEC), Condition(3, bits=_MAP_SHARED)),
    "mprotect": (Condition(2, bits=_PROT_EXEC),),
    # How the C library spells fstat(2): a descriptor and no path.
    "newfstatat": (Condition(3, bits=_AT_EMPTY_PATH, is_wanted=True),),
    # F_SETOWN and F_SETSIG would send signals to other processes.
    "fcntl": (Condition(1, one_of=(_F_GETFD, _F_GETFL, _F_DUPFD_CLOEXEC)),),
}

# The C library asks for clone3 first and goes on to clone, which is refused, only where there is no such call.
ABSENT = ("clone3",)


def install() -> None:
    """Lock this process for good; it must have given up new privileges. Raises `OSError` where that is not possible."""
    machine = MACHINES.get(platform.machine())
    if machine is None:
        raise OSError(errno.ENOSYS, f"no table of system calls for {platform.machine()}")
    program = b"".join(assemble(machine))
    buffer = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: how many instructions, and where.
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_SECCOMP, _MODE_FILTER, ctypes.create_string_buffer(header, len(header)))


def assemble(machine: Machine) -> Iterator[bytes]:
    """The instructions of the filter, eight octets each (struct sock_filter)."""
    yield _instruction(_LOAD, _ARCH_AT)
    yield _instruction(_EQUAL, machine.audit_arch, if_true=1)
    yield _instruction(_RETURN, _KILL_PROCESS)
    yield _instruction(_LOAD, _NUMBER_AT)
    for name in FREE:
        if name in machine.numbers:
            yield from _for_call(machine.numbers[name], [_instruction(_RETURN, _ALLOW)])
    for name, conditions in CONDITIONAL.items():
        body = [each for condition in conditions for each in _demand(condition)]
        yield from _for_call(machine.numbers[name], [*body, _instruction(_RETURN, _ALLOW)])
    for name in ABSENT:
        yield from _for_call(machine.numbers[name], [_instruction(_RETURN, _NO_SUCH_CALL)])
    yield _instruction(_RETURN, _REFUSE)


def _for_call(number: int, body: list[bytes]) -> Iterator[bytes]:
    """The body, which returns, for this call; else on behind it."""
    yield _instruction(_EQUAL, number, if_false=len(body))
    yield from body


def _demand(condition: Condition) -> Iterator[bytes]:
    """On behind it when the condition holds, else refused; of an int the kernel too looks at the lower half alone."""
    yield _instruction(_LOAD, _ARGUMENTS_AT + 8 * condition.argument)
    if condition.one_of:
        for left, value in zip(range(len(condition.one_of), 0, -1), condition.one_of, strict=True):
            yield _instruction(_EQUAL, value, if_true=left)
    elif condition.is_wanted:
        yield _instruction(_ANY_BIT, condition.bits, if_true=1)
    else:
        yield _instruction(_ANY_BIT, condition.bits, if_false=1)
    yield _instruction(_RETURN, _REFUSE)


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value & _WORD)

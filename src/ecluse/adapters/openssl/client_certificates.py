"""Asks peers for a certificate of any authority, or of none: whose it is, its fingerprint says.

Python's ssl knows two ways only: to ask for none, or to end the handshake of everybody whose certificate no trusted
authority has signed, and so of honest servers that show theirs to whoever asks. OpenSSL has a third, a callback in
place of the chain's verification; that the peer has the private key is proven all the same (RFC 8446 section 4.4.3).
"""

from __future__ import annotations

import ctypes
import ssl

from ecluse.domain.errors import Impossible

_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_VERIFY_PEER = 1
# Called by OpenSSL in place of the chain's verification; it lives as long as the process.
_accept = _CALLBACK(lambda _store, _argument: 1)


def ask_for_any(context: ssl.SSLContext) -> None:
    """Have a server's context ask for certificates, and take any. Raises `Impossible` where its OpenSSL is not ours to reach."""
    library = _library()
    pointer = _pointer(context)
    context.verify_mode = ssl.CERT_NONE
    was = library.SSL_CTX_get_verify_mode(pointer)
    context.verify_mode = ssl.CERT_OPTIONAL
    if (was, library.SSL_CTX_get_verify_mode(pointer)) != (0, _VERIFY_PEER):
        context.verify_mode = ssl.CERT_NONE
        raise Impossible("this Python keeps its TLS contexts elsewhere: no client certificates can be asked for")
    library.SSL_CTX_set_cert_verify_callback(pointer, _accept, None)


def _pointer(context: ssl.SSLContext) -> int:
    """The SSL_CTX: the first thing in CPython's object, behind what every object has."""
    pointer = ctypes.c_void_p.from_address(id(context) + object.__basicsize__).value
    if pointer is None:
        raise Impossible("a TLS context without OpenSSL's")
    return pointer


def _library() -> ctypes.CDLL:
    """The OpenSSL that Python's ssl has loaded already: by the same name the linker gives the same one."""
    name = f"libssl.so.{ssl.OPENSSL_VERSION_INFO[0]}"
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise Impossible(f"{name}: {error}") from error
    library.SSL_CTX_get_verify_mode.argtypes = [ctypes.c_void_p]
    library.SSL_CTX_set_cert_verify_callback.argtypes = [ctypes.c_void_p, _CALLBACK, ctypes.c_void_p]
    library.SSL_CTX_set_cert_verify_callback.restype = None
    return library

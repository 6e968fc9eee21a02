"""Secrets that pass through the database: sealed with a key that all replicas derive from a token they share."""

from __future__ import annotations

import base64
import secrets
from typing import Final

__all__ = ["Cipher"]

_NONCE = 12
_KEY = 32


class Cipher:
    """AES-GCM under a key of its own for each use (HKDF-SHA-256 of a secret); a changed secret opens nothing."""

    def __init__(self, secret: str, use: bytes = b"verbatim: secrets in the store, 1") -> None:
        """Take a secret that every replica knows; with an empty one only this object opens what it sealed.

        The library is loaded here, before anybody waits for what it seals: that takes 30 ms.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - only what is kept needs it
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

        known = secret.encode() or secrets.token_bytes(_KEY)
        self.key: Final = HKDF(SHA256(), _KEY, salt=None, info=use).derive(known)
        self._sealed = AESGCM(self.key)
        self._refusals = (ValueError, InvalidTag)

    def seal(self, text: str, name: str = "") -> str:
        """Return text sealed, as ASCII, each time another; it opens under that name alone."""
        nonce = secrets.token_bytes(_NONCE)
        return base64.b64encode(nonce + self._sealed.encrypt(nonce, text.encode(), name.encode())).decode()

    def open(self, sealed: str, name: str = "") -> str | None:
        """Return what was sealed under that name; None for anything that this secret did not seal."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            return self._sealed.decrypt(raw[:_NONCE], raw[_NONCE:], name.encode()).decode()
        except self._refusals:
            return None

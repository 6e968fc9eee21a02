"""Secrets that pass through the database: sealed with a key that all replicas derive from a token they share."""

from __future__ import annotations

import base64
import secrets

__all__ = ["Cipher"]

_NONCE = 12
_KEY = 32


class Cipher:
    """AES-GCM under a key of its own for each use (HKDF-SHA-256 of a secret); a changed secret opens nothing."""

    def __init__(self, secret: str, use: bytes = b"verbatim: secrets in the store, 1") -> None:
        """Take a secret that every replica knows; with an empty one only this object opens what it sealed."""
        self._secret = secret.encode() or secrets.token_bytes(_KEY)
        self._use = use
        self._key = b""

    def key(self) -> bytes:
        """Return the key, derived with its first use."""
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - only what is kept needs it
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

        if not self._key:
            self._key = HKDF(SHA256(), _KEY, salt=None, info=self._use).derive(self._secret)
        return self._key

    def seal(self, text: str, name: str = "") -> str:
        """Return text sealed, as ASCII, each time another; it opens under that name alone."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above

        nonce = secrets.token_bytes(_NONCE)
        return base64.b64encode(nonce + AESGCM(self.key()).encrypt(nonce, text.encode(), name.encode())).decode()

    def open(self, sealed: str, name: str = "") -> str | None:
        """Return what was sealed under that name; None for anything that this secret did not seal."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        try:
            raw = base64.b64decode(sealed, validate=True)
            return AESGCM(self.key()).decrypt(raw[:_NONCE], raw[_NONCE:], name.encode()).decode()
        except (ValueError, InvalidTag):
            return None

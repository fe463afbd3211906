"""Who a browser is: a random token in a signed cookie. Its room and its public id are keyed hashes of that token."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

from ..core.fields import one_line

COOKIE = "lockstep"
ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"  # no look-alikes: 0 o, 1 i l, u v
CODE_LENGTH = 8
CODE = re.compile(f"[{ALPHABET}]{{{CODE_LENGTH}}}")
TOKEN_SECONDS = 12 * 3600
KEY_BYTES = 32


@dataclass(frozen=True)
class Client:
    """One browser: its secret token and the name its person gave."""

    token: str
    name: str = ""


class Identity:
    """Signs and reads cookies and connect tokens with the key of this installation."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._cookies = URLSafeSerializer(key, salt="cookie")
        self._tokens = URLSafeTimedSerializer(key, salt="connect")

    def new(self) -> Client:
        return Client(secrets.token_urlsafe(24))

    def read(self, cookie: str | None) -> Client | None:
        """Return the client of a cookie, or None where it is missing or not ours."""
        try:
            token, name = self._cookies.loads(cookie or "")
            return Client(str(token), clean_name(str(name)))
        except (BadData, ValueError, TypeError):
            return None

    def cookie(self, client: Client) -> str:
        return str(self._cookies.dumps([client.token, client.name]))

    def named(self, client: Client, name: str) -> Client:
        return replace(client, name=clean_name(name))

    def room(self, client: Client) -> str:
        """Return the code of the client's own room: 8 of 30 letters, by keyed hash."""
        number = int.from_bytes(self._hash("room", client), "big")
        code = ""
        for _ in range(CODE_LENGTH):
            number, letter = divmod(number, len(ALPHABET))
            code += ALPHABET[letter]
        return code

    def person(self, client: Client) -> str:
        """Return the id that others see."""
        return self._hash("person", client).hex()[:12]

    def connect_token(self, client: Client) -> str:
        return str(self._tokens.dumps(self.person(client)))

    def proves(self, token: object, client: Client | None) -> bool:
        """Say whether a connect token is ours, fresh, and belongs to the client of the cookie."""
        if client is None or not isinstance(token, str) or len(token) > 500:
            return False
        try:
            person = str(self._tokens.loads(token, max_age=TOKEN_SECONDS))
            return hmac.compare_digest(person, self.person(client))
        except (BadData, ValueError, TypeError):
            return False

    def _hash(self, what: str, client: Client) -> bytes:
        return hmac.new(self._key, f"{what}:{client.token}".encode(), hashlib.sha256).digest()


def clean_name(name: str) -> str:
    """Return a display name: printable, one line, at most 40 characters."""
    return one_line(name[:200])[:40].rstrip()


def load_key(instance: Path) -> bytes:
    """Return the signing key; made on first start, readable by the owner only."""
    path = instance / "secret.key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        pass
    key = path.read_bytes()
    if len(key) < KEY_BYTES:
        raise SystemExit(f"The signing key {path} is damaged: delete it and start again (everybody gets a new room).")
    return key

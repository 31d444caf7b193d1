"""Who calls, with which credentials, and what these may do."""

import base64
import binascii
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bridge.sandbox.settings import SandboxSettings

Json = dict[str, Any]
LONGEST_JWT = timedelta(minutes=10)
"""docs.github.com/apps: "The time must be no more than 10 minutes into the future"."""
CLOCK_SKEW = timedelta(seconds=60)
TOKEN_LIFE = timedelta(hours=1)
INSTALLATION = 77001

EVERYTHING = {
    "metadata": "read",
    "actions": "read",
    "checks": "write",
    "contents": "write",
    "deployments": "write",
    "issues": "write",
    "pull_requests": "write",
    "repository_hooks": "write",
    "statuses": "write",
}

_REPO = "/repos/[^/]+/[^/]+"
_PULLS_OR_ISSUES = ("pull_requests", "issues")
NEEDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (f"{_REPO}/hooks(/.*)?", ("repository_hooks",)),
    (f"{_REPO}/(check-runs(/.*)?|commits/[^/]+/check-runs)", ("checks",)),
    (f"{_REPO}/(statuses/[^/]+|commits/[^/]+/status(es)?)", ("statuses",)),
    (f"{_REPO}/issues/.*", _PULLS_OR_ISSUES),
    (f"{_REPO}/pulls(/.*)?", ("pull_requests",)),
    (f"{_REPO}/deployments(/.*)?", ("deployments",)),
    (f"{_REPO}/actions/.*", ("actions",)),
    (f"{_REPO}/(branches|commits|compare|contents|git|releases)(/.*)?", ("contents",)),
)
"""Path to the permissions of which one suffices, GET asking for read and all else for write
(docs.github.com/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens)."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    login: str
    kind: str
    """`person` in a script, `token`, `app` (by JWT) or `installation`."""


@dataclass
class Access:
    """The bridge's credentials as GitHub keeps them."""

    settings: SandboxSettings
    clock: Callable[[], datetime]
    granted: dict[str, str] = field(default_factory=lambda: dict(EVERYTHING))
    """What was granted to the bridge's token or App; tests take from it."""
    tokens: dict[str, datetime] = field(default_factory=dict)
    """Installation tokens and when they end."""

    def reset(self) -> None:
        self.granted = dict(EVERYTHING)
        self.tokens.clear()

    def caller(self, scheme: str, token: str) -> Caller:
        """Raises: `Denied`."""
        if token.startswith("human:"):
            return Caller(login=token.removeprefix("human:"), kind="person")
        if not self.settings.github_app_key and token == self.settings.github_token:
            return Caller(login="ponte-bot", kind="token")
        if token in self.tokens and self.clock() < self.tokens[token]:
            return Caller(login="chamados[bot]", kind="installation")
        if self.settings.github_app_key and scheme == "bearer" and token.count(".") == 2:
            self._check_jwt(token)
            return Caller(login="chamados[bot]", kind="app")
        raise Denied(401, "Bad credentials")

    def new_token(self) -> tuple[str, datetime]:
        """An installation token. It lives for an hour, and so do those before it."""
        token = f"ghs_{secrets.token_hex(18)}"
        self.tokens[token] = self.clock() + TOKEN_LIFE
        return token, self.tokens[token]

    def permit(self, caller: Caller, method: str, path: str) -> None:
        """Raises: `Denied` as GitHub words it, naming what would have sufficed."""
        if caller.kind == "person":
            return
        if path.startswith("/app") or path.endswith("/installation"):
            if caller.kind != "app":
                raise Denied(401, "A JSON web token could not be decoded")
            return
        if caller.kind == "app":
            raise Denied(401, "Bad credentials")
        foreign = {"installation": path == "/user", "token": "check-runs" in path and method != "GET"}
        if foreign[caller.kind]:
            raise Denied(403, _REFUSALS[caller.kind])
        self._permit(caller, method, path)

    def _permit(self, caller: Caller, method: str, path: str) -> None:
        for pattern, sufficient in NEEDS:
            if re.fullmatch(pattern, path):
                wanted = "read" if method == "GET" else "write"
                if not any(self.granted.get(one) in {wanted, "write"} for one in sufficient):
                    raise Denied(
                        403, _REFUSALS[caller.kind], needed=[f"{one}={wanted}" for one in sufficient]
                    )
                return

    # --- the App's own word

    def _check_jwt(self, token: str) -> None:
        """docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token."""
        head, body, signature = token.split(".")
        try:
            header, claims = json.loads(_decoded(head)), json.loads(_decoded(body))
            if header.get("alg") != "RS256":
                raise Denied(401, "A JSON web token could not be decoded")
            self._public_key().verify(
                _decoded(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except (ValueError, binascii.Error, InvalidSignature) as error:
            raise Denied(401, "A JSON web token could not be decoded") from error
        self._check_claims(claims)

    def _check_claims(self, claims: Json) -> None:
        now = self.clock().timestamp()
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int) or issued > now + CLOCK_SKEW.total_seconds():
            raise Denied(401, _BAD_IAT)
        if not isinstance(expires, int) or expires <= now:
            raise Denied(401, _BAD_EXP)
        if expires > now + LONGEST_JWT.total_seconds():
            raise Denied(401, "'Expiration time' claim ('exp') is too far in the future")
        if str(claims.get("iss")) != self.settings.github_app_id:
            raise Denied(404, "Integration not found")

    def _public_key(self) -> RSAPublicKey:
        key = load_pem_private_key(self.settings.github_app_key.encode(), password=None).public_key()
        assert isinstance(key, RSAPublicKey)
        return key


class Denied(Exception):
    """The caller may not; `needed` names the permissions of which one would do."""

    def __init__(self, status: int, message: str, *, needed: list[str] | None = None) -> None:
        self.status = status
        self.message = message
        self.needed = needed or []
        super().__init__(message)


_BAD_IAT = "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
_BAD_EXP = (
    "'Expiration time' claim ('exp') must be a numeric value representing the future time at which "
    "the assertion expires"
)
_REFUSALS = {
    "token": "Resource not accessible by personal access token",
    "installation": "Resource not accessible by integration",
}


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

"""The vendor's own sign-in (OpenID Connect Core 1.0, code flow with PKCE): who a person is to the issuer."""

import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from bridge.clients.errors import Refused, Unavailable
from bridge.config import IdentitySettings

SERVICE = "OpenID"
SCOPE = "openid email profile"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
"""Signatures that only the issuer can make: neither `none` nor one keyed with our own secret."""
TIMEOUT = 10
LEEWAY = 60
"""Seconds that the issuer's clock may differ from ours."""
KNOWN_FOR = 3600.0
"""Seconds after which the issuer's description is read again."""


@dataclass(frozen=True, kw_only=True)
class Pending:
    """A sign-in that has begun; it stays with the browser that began it, and is proved by its answer."""

    state: str
    nonce: str
    verifier: str

    def document(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who the issuer says it is."""

    issuer: str
    subject: str
    verified_email: str
    """Empty unless the issuer says that it has proved it."""


class IdentityProvider:
    """The issuer that the settings name."""

    def __init__(self, settings: IdentitySettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._description: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._read_at = 0.0

    @property
    def available(self) -> bool:
        return bool(self._settings.issuer)

    @property
    def label(self) -> str:
        return self._settings.label

    def begin(self, pending: Pending, *, callback: str) -> str:
        """The issuer's address that the browser goes to.

        Raises:
            Unavailable, Refused
        """
        endpoint = self._endpoint("authorization_endpoint")
        with self._session(callback) as session:
            url, _ = session.create_authorization_url(
                endpoint, state=pending.state, nonce=pending.nonce, code_verifier=pending.verifier
            )
        return str(url)

    def finish(self, pending: Pending, *, code: str, callback: str) -> Identity:
        """Who has come back with the code.

        Raises:
            Unavailable: the issuer does not answer.
            Refused: the code or the token is not what it should be.
        """
        endpoint = self._endpoint("token_endpoint")
        try:
            with self._session(callback) as session:
                token = session.fetch_token(
                    endpoint, code=code, code_verifier=pending.verifier, timeout=TIMEOUT
                )
        except requests.RequestException as error:
            raise Unavailable(SERVICE, f"no token: {type(error).__name__}") from error
        except (AuthlibBaseError, ValueError) as error:
            raise Refused(SERVICE, f"no token: {type(error).__name__}") from error
        return self._identity(token, nonce=pending.nonce)

    def _session(self, callback: str) -> OAuth2Session:
        return OAuth2Session(
            self._settings.client_id,
            self._settings.client_secret.reveal(),
            scope=SCOPE,
            redirect_uri=callback,
            code_challenge_method="S256",
        )

    def _identity(self, token: dict[str, Any], *, nonce: str) -> Identity:
        settings = self._settings
        options = {
            "iss": {"essential": True, "value": settings.issuer},
            "aud": {"essential": True, "value": settings.client_id},
            "sub": {"essential": True},
            "nonce": {"essential": True, "value": nonce},
        }
        params = {"nonce": nonce, "client_id": settings.client_id, "access_token": token.get("access_token")}
        try:
            decoded = self._decoded(str(token["id_token"]))
            claims = CodeIDToken(decoded.claims, decoded.header, options, params)
            claims.validate(leeway=LEEWAY)
        except (JoseError, AuthlibBaseError, KeyError, ValueError, TypeError) as error:
            raise Refused(SERVICE, f"the identity token is not good: {type(error).__name__}") from error
        subject, email = claims["sub"], claims.get("email")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:  # OpenID Connect Core, 2
            raise Refused(SERVICE, "the identity token names nobody")
        proved = claims.get("email_verified") is True and isinstance(email, str)
        return Identity(issuer=settings.issuer, subject=subject, verified_email=str(email) if proved else "")

    def _decoded(self, id_token: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(id_token, self._key_set(), registry=registry)
        except InvalidKeyIdError:  # the issuer has new keys
            return jwt.decode(id_token, self._key_set(anew=True), registry=registry)

    def _endpoint(self, name: str) -> str:
        found = self._described().get(name)
        if not isinstance(found, str):
            raise Refused(SERVICE, f"the issuer names no {name}")
        return found

    def _described(self) -> dict[str, Any]:
        with self._lock:
            if not self._description or time.monotonic() - self._read_at > KNOWN_FOR:
                found = self._get(f"{self._settings.issuer}/.well-known/openid-configuration")
                if found.get("issuer") != self._settings.issuer:  # OpenID Connect Discovery, 4.3
                    raise Refused(SERVICE, "the issuer calls itself otherwise")
                self._description, self._keys, self._read_at = found, None, time.monotonic()
            return self._description

    def _key_set(self, *, anew: bool = False) -> KeySet:
        address = self._endpoint("jwks_uri")
        with self._lock:
            if self._keys is None or anew:
                self._keys = KeySet.import_key_set(self._get(address))  # type: ignore[arg-type]
            return self._keys

    def _get(self, address: str) -> dict[str, Any]:
        try:
            answer = requests.get(address, timeout=TIMEOUT, allow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise Unavailable(SERVICE, f"no answer: {type(error).__name__}") from error
        if not isinstance(found, dict):
            raise Unavailable(SERVICE, "an answer that says nothing")
        return found

"""An OpenID Connect issuer over HTTP that says what it is told to, true or not."""

import base64
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask, jsonify, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "chamados", "segredo-do-cliente"
Json = dict[str, Any]
KEY = RSAKey.generate_key(2048, {"kid": "one"}, private=True)


@dataclass
class Issuer:
    """`spoil` changes the claims before they are signed; `sign` signs them otherwise."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: KEY)
    subject: str = "user-1"
    email: str = "ana@revenda.com.br"
    verified: bool = True
    spoil: Callable[[Json], Json] = field(default=lambda claims: claims)
    sign: Callable[["Issuer", Json], str] = field(default=lambda issuer, claims: issuer.signed(claims))
    asked: Json = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def authorise(self, address: str) -> str:
        """What a person's press of "yes" does: the address that the browser is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.asked = asked
        return f"{urlsplit(asked['redirect_uri']).path}?state={asked['state']}&code=code-1"

    def claims(self) -> Json:
        now = int(time())
        return {
            "iss": self.url,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": self.asked["nonce"],
            "email": self.email,
            "email_verified": self.verified,
        }

    def signed(self, claims: Json, *, alg: str = "RS256", key: Any = None, kid: str = "one") -> str:
        return jwt.encode({"alg": alg, "kid": kid}, claims, key or self.key, algorithms=[alg])

    def signed_with_our_secret(self, claims: Json) -> str:
        return self.signed(claims, alg="HS256", key=OctKey.import_key(SECRET))

    def unsigned(self, claims: Json) -> str:
        _, body, _ = self.signed(claims).split(".")
        none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
        return f"{none}.{body}."

    def _app(self) -> Flask:
        app = Flask("issuer")

        @app.get("/.well-known/openid-configuration")
        def describe() -> Any:
            names = ("authorization", "token")
            endpoints = {f"{name}_endpoint": f"{self.url}/{name}" for name in names}
            return jsonify(issuer=self.url, jwks_uri=f"{self.url}/keys", **endpoints)

        @app.get("/keys")
        def keys() -> Any:
            self.calls.append("keys")
            return jsonify(keys=[self.key.as_dict(private=False)])

        @app.post("/token")
        def token() -> Any:
            self.calls.append("token")
            proof = hashlib.sha256(request.form["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(proof).decode().rstrip("=")
            login = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            right = challenge == self.asked.get("code_challenge") and request.form["code"] == "code-1"
            if not right or request.headers.get("Authorization") != f"Basic {login}":
                return jsonify(error="invalid_grant"), 400
            id_token = self.sign(self, self.spoil(self.claims()))
            return jsonify(access_token="a", token_type="Bearer", expires_in=60, id_token=id_token)

        return app

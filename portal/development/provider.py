"""An OpenID provider for development: whoever types a name is that person. Never run it where anybody else can reach it.

    python provider.py --port 9000 --client portal --secret SECRET --redirect http://localhost:8000/login/callback
"""
import argparse
import base64
import hashlib
import secrets
import time
from html import escape
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.routing import Route

KEY = RSAKey.generate_key(2048, {"kid": secrets.token_hex(8), "use": "sig", "alg": "RS256"})
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Log in</title>
<main><h1>For development only</h1><p>Whoever you say you are, you are.</p><form method="post"><input type="hidden" name="query" value="%s">
<p><label>Id <input name="sub" required autofocus></label></p><p><label>E-mail <input name="email" type="email" required></label></p>
<p><label>Name <input name="name"></label></p><button>Log in</button></form></main></html>"""


class Provider:
    def __init__(self, issuer: str, client: str, secret: str, redirect: str):
        self.issuer, self.client, self.secret, self.redirect = issuer, client, secret, redirect
        self.codes: dict[str, dict] = {}

    def discovery(self, request):
        return JSONResponse({
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys", "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"]})

    def keys(self, request):
        return JSONResponse({"keys": [KEY.as_dict(private=False)]})

    def is_ours(self, asked) -> bool:
        return (asked.get("client_id"), asked.get("redirect_uri"), asked.get("code_challenge_method")) == (
            self.client, self.redirect, "S256")

    async def authorize(self, request):
        if not self.is_ours(request.query_params):
            return HTMLResponse("unknown client, redirect_uri or code_challenge_method", 400)
        if request.method == "GET":
            return HTMLResponse(PAGE % escape(str(request.query_params)))
        form, asked = await request.form(), request.query_params
        code = secrets.token_urlsafe(24)
        self.codes[code] = {"person": {it: str(form[it]) for it in ("sub", "email", "name")}, "nonce": asked.get("nonce"),
                            "challenge": asked.get("code_challenge")}
        return RedirectResponse(f"{self.redirect}?" + urlencode({"code": code, "state": asked.get("state", "")}), 303)

    async def token(self, request):
        form = await request.form()
        scheme, _, told = request.headers.get("authorization", "").partition(" ")
        client = base64.b64decode(told).decode() if scheme == "Basic" else f"{form.get('client_id')}:{form.get('client_secret')}"
        known = self.codes.pop(str(form.get("code")), None)
        verifier = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        if client != f"{self.client}:{self.secret}" or not known or \
                known["challenge"] != base64.urlsafe_b64encode(verifier).rstrip(b"=").decode():
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.client, "iat": now, "exp": now + 300, "nonce": known["nonce"], **known["person"]}
        return JSONResponse({"access_token": secrets.token_urlsafe(), "token_type": "Bearer", "expires_in": 300,
                             "id_token": jwt.encode({"alg": "RS256", "kid": KEY.kid}, claims, KEY)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    for name in ("client", "secret", "redirect"):
        parser.add_argument(f"--{name}", required=True)
    asked = parser.parse_args()
    provider = Provider(f"http://localhost:{asked.port}", asked.client, asked.secret, asked.redirect)
    uvicorn.run(Starlette(routes=[
        Route("/.well-known/openid-configuration", provider.discovery), Route("/keys", provider.keys),
        Route("/authorize", provider.authorize, methods=["GET", "POST"]), Route("/token", provider.token, methods=["POST"]),
    ]), host="127.0.0.1", port=asked.port, log_level="warning")


main()

"""Log-in by an OpenID Connect provider, and what a session holds. There are no passwords here."""
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass

from authlib.integrations.starlette_client import OAuth, OAuthError
from sqlalchemy import delete, select
from sqlalchemy.engine import Engine
from starlette.requests import Request
from starlette.responses import RedirectResponse

from . import store
from .settings import Settings

SESSION_SECONDS = 8 * 3600


@dataclass(frozen=True)
class Person:
    id: str
    email: str
    name: str

    @property
    def principal(self) -> dict:
        return {"id": self.id, "email": self.email, "name": self.name}


def person_of(request: Request) -> Person | None:
    told = request.session.get("person")
    return Person(**told) if told else None


def session_of(request: Request) -> str:
    """What an ended session is remembered by."""
    return hashlib.sha256(request.session.get("csrf", "").encode()).hexdigest()


def has_ended(request: Request, engine: Engine) -> bool:
    """A session ends when its person logs out, wherever its cookie was copied to, and at the latest eight hours after the log-in."""
    if time.time() - request.session.get("begun", 0) > SESSION_SECONDS:
        return True
    with engine.connect() as connection:
        return connection.execute(select(store.ended).where(store.ended.c.session == session_of(request))).first() is not None


def end(request: Request, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(delete(store.ended).where(store.ended.c.at < time.time() - SESSION_SECONDS))
        store.put(connection, store.ended, session=session_of(request), at=int(time.time()))
    request.session.clear()


def is_ours(request: Request, settings: Settings, token: str) -> bool:
    """Whether what is sent comes from one of the portal's own pages, of this session."""
    return (request.headers.get("origin") == settings.origin
            and hmac.compare_digest(token.encode(), request.session.get("csrf", secrets.token_hex()).encode()))


class LogIn:
    def __init__(self, settings: Settings):
        self.settings = settings
        self.provider = OAuth().register(
            "provider", client_id=settings.oidc_client_id, client_secret=settings.oidc_client_secret,
            server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"})

    async def begin(self, request: Request):
        """To the provider; back to the page that was asked for."""
        to = request.query_params.get("to", "")
        request.session["to"] = to if to.startswith("/") and not to.startswith(("//", "/\\")) else f"{self.settings.path}/"
        return await self.provider.authorize_redirect(request, f"{self.settings.url}/login/callback")

    async def claims_of(self, token: dict) -> dict:
        """Of the ID token; what it lacks, the userinfo endpoint says (OpenID Connect Core, 5.3.2 and 5.4), about the same person."""
        claims = token["userinfo"]
        if claims.get("email") and claims.get(self.settings.oidc_id_claim):
            return claims
        if "userinfo_endpoint" not in await self.provider.load_server_metadata():
            return claims
        told = await self.provider.userinfo(token=token)
        return {**told, **claims} if told.get("sub") == claims.get("sub") else claims

    async def finish(self, request: Request):
        token = await self.provider.authorize_access_token(request)
        claims = await self.claims_of(token)
        person_id = claims.get(self.settings.oidc_id_claim)
        if not isinstance(person_id, str) or not person_id or not claims.get("email"):
            raise OAuthError(description=f"the provider says no {self.settings.oidc_id_claim} or no email")
        to, language = request.session.get("to", f"{self.settings.path}/"), request.session.get("language")
        request.session.clear()  # a session before the log-in is nobody's
        request.session.update(person={"id": person_id, "email": claims["email"], "name": claims.get("name", "")},
                               csrf=secrets.token_urlsafe(32), begun=int(time.time()), **({"language": language} if language else {}))
        return RedirectResponse(self.settings.origin + to, 303)

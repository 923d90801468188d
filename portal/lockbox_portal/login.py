"""Log-in by an OpenID Connect provider, and what a session holds. There are no passwords here."""
import hmac
import secrets
from dataclasses import dataclass

from authlib.integrations.starlette_client import OAuth, OAuthError
from starlette.requests import Request
from starlette.responses import RedirectResponse

from .settings import Settings


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
                               csrf=secrets.token_urlsafe(32), **({"language": language} if language else {}))
        return RedirectResponse(self.settings.origin + to, 303)

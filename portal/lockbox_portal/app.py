"""The portal's pages and what they send. Every answer to a person says what happened and what to do."""
import asyncio
import json
import uuid
from contextlib import asynccontextmanager
from pathlib import Path

from authlib.integrations.starlette_client import OAuthError
from confluent_kafka import KafkaException
from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from . import languages, queries, store
from .audit import Audit
from .decisions import BadForm, change_of, decision_of
from .follow import Follower
from .login import SESSION_SECONDS, LogIn, end, has_ended, is_ours, person_of
from .passkeys import begin_registration, finish_registration
from .publish import AnotherEvent, Publisher
from .settings import Settings
from .text import TESTS_AND_FILTERS
from .words import Words

HERE = Path(__file__).parent
MOST_BYTES = 262144
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
                               "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Portal:
    """What all requests share."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.engine = store.open_store(settings.database_url)
        self.words = Words(settings.words_command)
        self.audit = Audit(settings.audit_database_url, self.words)
        self.follower = Follower(self.engine, self.words, settings.topic_prefix, settings.kafka)
        self.publisher = Publisher(self.engine, settings.url, settings.topic_prefix, settings.kafka)
        self.login = LogIn(settings)
        self.templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True,
                                     trim_blocks=True, lstrip_blocks=True)
        self.templates.filters.update(TESTS_AND_FILTERS)

    def page(self, request: Request, name: str, status: int = 200, **values) -> HTMLResponse:
        language = languages.wanted(request.session, request.headers.get("accept-language", ""))
        person = person_of(request)
        text = self.templates.get_template(name).render(
            _=languages.translator(language), language=language, languages=languages.LANGUAGES, person=person, base=self.settings.path,
            csrf=request.session.get("csrf", ""), path=request.url.path, origin=self.settings.origin, rp_id=self.settings.rp_id, **values)
        return HTMLResponse(text, status)


def portal_of(request: Request) -> Portal:
    return request.app.state.portal


def required(request: Request):
    """Who it is; who is nobody is sent to the log-in, or told where the page itself asks."""
    person = person_of(request)
    if person is None or has_ended(request, portal_of(request).engine):
        path = portal_of(request).settings.path
        to = f"{path}/" if request.method != "GET" else request.url.path
        raise HTTPException(401, headers={"Location": f"{path}/login?to={to}"})
    return person


# ---- pages ----


def overview(request: Request):
    person, portal = required(request), portal_of(request)
    with portal.engine.connect() as connection:
        mark = queries.mark(connection)  # before what is shown: what comes between is told as news
        waiting = queries.requests_of(connection, person.id, "waiting")
        return portal.page(request, "overview.html", waiting=queries.grouped(waiting), most=queries.PAGE,
                           running=queries.requests_of(connection, person.id, "open"),
                           over=queries.requests_of(connection, person.id, "over"), mark=mark)


def one_request(request: Request):
    person, portal = required(request), portal_of(request)
    with portal.engine.connect() as connection:
        mark = queries.mark(connection)
        asked = queries.request_of(connection, person.id, request.path_params["request_id"])
        if asked is None:
            raise HTTPException(404)
        sent = request.query_params.get("sent", "")
        answer = queries.answer_of(connection, sent, person.id) if sent else None
        before = queries.last_grant(connection, person.id, asked)
        return portal.page(request, "request.html", asked=asked, steps=queries.steps_of(connection, asked.first["request_id"]),
                           key=queries.key_of(connection, asked.first["tenant_id"], person.id), answer=answer, sent=sent,
                           today=queries.asked_today(connection, person.id, asked), done=portal.audit.done_under(asked.now),
                           before=before, done_before=portal.audit.done_under(before.now) if before else None, mark=mark)


def keys(request: Request):
    person, portal = required(request), portal_of(request)
    with portal.engine.connect() as connection:
        mark = queries.mark(connection)
        tenants = {tenant_id: {"key": queries.key_of(connection, tenant_id, person.id), "signs": queries.signs(connection, tenant_id),
                               "waits": queries.waits(connection, tenant_id, person.id)}
                   for tenant_id in queries.tenants_of(connection, person.id)}
        return portal.page(request, "keys.html", tenants=tenants, mark=mark)


def administration(request: Request):
    person, portal = required(request), portal_of(request)
    with portal.engine.connect() as connection:
        mark = queries.mark(connection)
        tenants = [{"id": tenant_id, "subscriptions": queries.subscriptions_of(connection, tenant_id),
                    "roles": queries.roles_in(connection, tenant_id), "keys": queries.keys_in(connection, tenant_id), "key": queries.key_of(connection, tenant_id, person.id),
                    "signs": queries.signs(connection, tenant_id), "pending": queries.pending_in(connection, tenant_id)}
                   for tenant_id, roles in queries.tenants_of(connection, person.id).items() if "global_administrator" in roles]
        if not tenants:
            raise HTTPException(403)
        return portal.page(request, "administration.html", tenants=tenants, mark=mark)


# ---- what pages send ----


async def body_of(request: Request) -> dict:
    """The JSON that one of our own pages sent."""
    if not is_ours(request, portal_of(request).settings, request.headers.get("x-csrf", "")):
        raise HTTPException(403)
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdecimal()):
        raise HTTPException(411)
    if len(length) > 9 or int(length) > MOST_BYTES:
        raise HTTPException(413)
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > MOST_BYTES:
            raise HTTPException(413)
    try:
        body = json.loads(chunks)
        uuid.UUID(body["event_id"])
    except (ValueError, KeyError, TypeError):
        raise HTTPException(400) from None
    return body


async def decide(request: Request):
    person, portal = await run_in_threadpool(required, request), portal_of(request)
    body = await body_of(request)

    def work():
        with portal.engine.connect() as connection:
            asked = queries.request_of(connection, person.id, request.path_params["request_id"])
        if asked is None:
            raise HTTPException(404)
        portal.publisher.publish(body["event_id"], person.id, "decision.submitted", decision_of(asked, person, body))

    await run_in_threadpool(work)
    return JSONResponse({"sent": body["event_id"]}, 202)


async def change(request: Request):
    person, portal = await run_in_threadpool(required, request), portal_of(request)
    body = await body_of(request)

    def work():
        with portal.engine.connect() as connection:
            roles = queries.tenants_of(connection, person.id)
        kind, data = change_of(roles, person, body)
        portal.publisher.publish(body["event_id"], person.id, f"tenant.{kind}", data)

    await run_in_threadpool(work)
    return JSONResponse({"sent": body["event_id"]}, 202)


async def register(request: Request):
    """A passkey's registration: first its options, then what the browser made; the answer is the public key, to be proved and published."""
    person, portal = await run_in_threadpool(required, request), portal_of(request)
    body = await body_of(request)
    if "credential" not in body:
        options, challenge = begin_registration(portal.settings, person)
        request.session["registration"] = challenge
        return JSONResponse(options)
    challenge = request.session.pop("registration", None)
    if challenge is None:
        raise BadForm("This registration was begun elsewhere. Load the page again.")
    jwk = await run_in_threadpool(finish_registration, portal.settings, portal.engine, challenge, body["credential"])
    return JSONResponse({"public_key": jwk})


async def ask_for_signature(request: Request):
    """Keeps a new key, with its proof, until an administrator signs and publishes it: Lockbox checks both."""
    person, portal = await run_in_threadpool(required, request), portal_of(request)
    body = await body_of(request)

    def work():
        with portal.engine.begin() as connection:
            if body.get("tenant_id") not in queries.tenants_of(connection, person.id):
                raise HTTPException(403)
            if not isinstance(body.get("public_key"), dict) or not isinstance(body.get("proof"), dict):
                raise HTTPException(400)
            store.put(connection, store.pending, tenant_id=body["tenant_id"], principal_id=person.id, principal=person.principal,
                      public_key=body["public_key"], proof=body["proof"])

    await run_in_threadpool(work)
    return JSONResponse({"waits": True}, 202)


def sent(request: Request):
    person, portal = required(request), portal_of(request)
    with portal.engine.connect() as connection:
        answer = queries.answer_of(connection, request.path_params["event_id"], person.id)
    if answer is None:
        raise HTTPException(404)
    return JSONResponse({"says": answer[0], "reason": answer[1]})


async def events(request: Request):
    """Server-sent events: `changed`, whenever anything was read."""
    await run_in_threadpool(required, request)
    portal = portal_of(request)

    def now() -> int | None:
        if has_ended(request, portal.engine):
            return None
        with portal.engine.connect() as connection:
            return queries.mark(connection)

    async def stream():
        seen = int(request.query_params.get("mark", "0") or 0)
        for _ in range(SESSION_SECONDS):
            if await request.is_disconnected():
                return
            mark = await run_in_threadpool(now)
            if mark is None:
                return
            yield f"event: changed\ndata: {mark}\n\n" if mark != seen else ":\n\n"
            seen = mark
            await asyncio.sleep(1)

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def language(request: Request):
    form = await request.form()
    if not is_ours(request, portal_of(request).settings, str(form.get("csrf", ""))):
        raise HTTPException(403)
    request.session["language"] = str(form.get("language", ""))
    settings, to = portal_of(request).settings, str(form.get("to", ""))
    return RedirectResponse(settings.origin + (to if to.startswith("/") and not to.startswith("//") else f"{settings.path}/"), 303)


async def log_out(request: Request):
    form = await request.form()
    if not is_ours(request, portal_of(request).settings, str(form.get("csrf", ""))):
        raise HTTPException(403)
    await run_in_threadpool(end, request, portal_of(request).engine)
    return portal_of(request).page(request, "message.html", title="You are logged out", words="Nobody can decide here until you log in again.")


# ---- health ----


def healthy(request: Request):
    return PlainTextResponse("ok\n")


def ready(request: Request):
    failure = portal_of(request).follower.failure
    return PlainTextResponse(f"reading Lockbox's events failed: {failure!r}\n" if failure else "ok\n", 503 if failure else 200)


# ---- errors ----

TOLD = {
    400: ("That cannot be sent", "The page sent something that the portal does not understand. Load the page again."),
    403: ("Not from here", "This did not come from one of the portal's own pages, or is not yours to do. Go back to the beginning and try again."),
    404: ("Not found", "You are not asked about such a request. It may be another person's, or of a tenant in which you have no role."),
    413: ("Too much", "What was sent is too long."),
}


def told(request: Request, status: int, title: str, words: str):
    if request.method == "GET":
        return portal_of(request).page(request, "message.html", status, title=title, words=words)
    translate = languages.translator(languages.wanted(request.session, request.headers.get("accept-language", "")))
    return JSONResponse({"title": translate(title), "words": translate(words)}, status)


def on_http(request: Request, error: HTTPException):
    if error.status_code == 401 and request.method == "GET" and "text/html" in request.headers.get("accept", "text/html"):
        return RedirectResponse(error.headers["Location"], 303)
    if error.status_code == 401:
        return told(request, 401, "Your session has ended", "Nothing was sent. Load the page again, log in, and decide again.")
    return told(request, error.status_code, *TOLD.get(error.status_code, ("That did not work", "Load the page again.")))


def on_bad_form(request: Request, error: BadForm):
    return told(request, 409, "Nothing was sent", str(error))


def on_another(request: Request, error: AnotherEvent):
    return told(request, 409, "Nothing was sent", "Something else was sent from this page already. Load the page again.")


def on_kafka(request: Request, error: KafkaException):
    return told(request, 503, "Nothing was sent", "Kafka does not answer. Try again in a moment.")


def on_log_in(request: Request, error: OAuthError):
    return portal_of(request).page(request, "message.html", 403, title="You are not logged in", words=error.description or error.error or "")


# ---- wiring ----


class Headers:
    """Every answer has them."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def with_headers(message):
            if message["type"] == "http.response.start":
                message["headers"] += [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
            await send(message)
        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def make(settings: Settings) -> Starlette:
    portal = Portal(settings)

    @asynccontextmanager
    async def lifespan(app):
        portal.follower.start()
        yield
        portal.follower.stop()
        portal.words.close()

    app = Starlette(
        lifespan=lifespan,
        routes=[
            Route("/", overview), Route("/requests/{request_id}", one_request),
            Route("/requests/{request_id}/decisions", decide, methods=["POST"]),
            Route("/keys", keys), Route("/keys/registration", register, methods=["POST"]),
            Route("/keys/pending", ask_for_signature, methods=["POST"]),
            Route("/administration", administration), Route("/changes", change, methods=["POST"]),
            Route("/sent/{event_id}", sent), Route("/events", events), Route("/language", language, methods=["POST"]),
            Route("/login", portal.login.begin), Route("/login/callback", portal.login.finish),
            Route("/logout", log_out, methods=["POST"]), Route("/healthz", healthy), Route("/readyz", ready),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        middleware=[
            Middleware(Headers),
            Middleware(SessionMiddleware, secret_key=settings.session_key, max_age=SESSION_SECONDS, same_site="lax",
                       https_only=settings.is_https, session_cookie="portal", path=settings.path or "/"),
        ],
        exception_handlers={HTTPException: on_http, BadForm: on_bad_form, AnotherEvent: on_another, KafkaException: on_kafka,
                            OAuthError: on_log_in})
    app.state.portal = portal
    return app

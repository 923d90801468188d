"""The portal's settings, from its environment. A setting NAME may be given as NAME_FILE, the path of a file that holds it. Files of
secrets that others can read are refused."""
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from .secret_files import OpenSecret, judge_path, read_secret

SECRETS = {"SESSION_KEY", "OIDC_CLIENT_SECRET", "DATABASE_URL", "AUDIT_DATABASE_URL"}
KAFKA_KEYS = {"ssl.key.location", "ssl.keystore.location"}


class BadSetting(Exception):
    """A setting is missing or wrong; the message names it."""


@dataclass(frozen=True)
class Settings:
    url: str                  # PORTAL_URL: where people's browsers find it, without a slash at its end
    session_key: str          # PORTAL_SESSION_KEY: signs the session cookies; the same for all instances
    oidc_issuer: str          # PORTAL_OIDC_ISSUER, _CLIENT_ID, _CLIENT_SECRET: the OpenID provider
    oidc_client_id: str
    oidc_client_secret: str
    oidc_id_claim: str        # PORTAL_OIDC_ID_CLAIM (sub): the claim with the id that approvers have in Lockbox
    database_url: str         # PORTAL_DATABASE_URL (sqlite:///portal.db): SQLAlchemy's form
    topic_prefix: str         # PORTAL_TOPIC_PREFIX (lockbox.)
    words_command: str        # PORTAL_WORDS_COMMAND (lockboxctl request words)
    audit_database_url: str = ""  # PORTAL_AUDIT_DATABASE_URL: the audit store, by a login that only reads; empty: none is asked
    kafka: dict = field(default_factory=dict)  # PORTAL_KAFKA_SASL_MECHANISM → sasl.mechanism, and so on

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def path(self) -> str:
        """What stands in front of the pages' paths, behind a proxy that has others beside the portal."""
        return urlsplit(self.url).path

    @property
    def rp_id(self) -> str:
        """Whom passkeys sign for (WebAuthn)."""
        return urlsplit(self.url).hostname

    @property
    def is_https(self) -> bool:
        return self.url.startswith("https://")

    @classmethod
    def of(cls, environment) -> "Settings":
        def value(name: str, default: str | None = None) -> str:
            if path := environment.get(f"PORTAL_{name}_FILE"):
                if name in SECRETS:
                    return secret_of(f"PORTAL_{name}_FILE", path, environment)
                return Path(path).read_text(encoding="utf-8").strip()
            found = environment.get(f"PORTAL_{name}", default)
            if not found:
                raise BadSetting(f"PORTAL_{name} is missing")
            return found

        settings = cls(
            url=value("URL").rstrip("/"), session_key=value("SESSION_KEY"), oidc_issuer=value("OIDC_ISSUER").rstrip("/"),
            oidc_client_id=value("OIDC_CLIENT_ID"), oidc_client_secret=value("OIDC_CLIENT_SECRET"),
            oidc_id_claim=value("OIDC_ID_CLAIM", "sub"), database_url=by_psycopg(value("DATABASE_URL", "sqlite:///portal.db")),
            audit_database_url=by_psycopg(value("AUDIT_DATABASE_URL", "none").removeprefix("none")),
            topic_prefix=value("TOPIC_PREFIX", "lockbox."), words_command=value("WORDS_COMMAND", "lockboxctl request words"),
            kafka=kafka_settings(environment))
        if not settings.is_https and settings.rp_id != "localhost":
            raise BadSetting("PORTAL_URL has to be https, but for localhost: passkeys and log-in want it so")
        if len(settings.session_key) < 32:
            raise BadSetting("PORTAL_SESSION_KEY is shorter than 32 characters")
        if "bootstrap.servers" not in settings.kafka:
            raise BadSetting("PORTAL_KAFKA_BOOTSTRAP_SERVERS is missing")
        return settings


def secret_of(name: str, path: str, environment) -> str:
    try:
        return read_secret(path, environment)
    except OpenSecret as open_to:
        raise BadSetting(f"{name}: {path} {open_to}") from None


def by_psycopg(url: str) -> str:
    """SQLAlchemy's form of a URL as PostgreSQL writes it."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else scheme + separator + rest


def kafka_settings(environment) -> dict:
    found = {}
    for name, value in environment.items():
        if name.startswith("PORTAL_KAFKA_"):
            if name.endswith("_FILE"):
                value = secret_of(name, value, environment)
            wanted = name.removeprefix("PORTAL_KAFKA_").removesuffix("_FILE").lower().replace("_", ".")
            if wanted in KAFKA_KEYS:
                judge_key(name, value, environment)
            found[wanted] = value
    return found


def judge_key(name: str, path: str, environment) -> None:
    try:
        judge_path(path, environment)
    except OpenSecret as open_to:
        raise BadSetting(f"{name}: {path} {open_to}") from None

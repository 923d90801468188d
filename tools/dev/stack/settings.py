"""The settings of the stack's workers: what the stack itself decides, and what the caller's environment says."""
import os
from pathlib import Path

import postgres
from cluster import Cluster
from portal import Portal
from secure import Secure

WORKERS = ["requester", "decider", "expirer", "relay", "notifier", "auditor"]

ADDRESSES = {"LOCKBOX_KAFKA_BOOTSTRAP_SERVERS", "LOCKBOX_DATABASE_URL", "LOCKBOX_AUDIT_DATABASE_URL", "LOCKBOX_SMTP_URL",
             "LOCKBOX_CHECKPOINT_KEY_FILE", "LOCKBOX_CLUSTERS_FILE",
             *(f"LOCKBOX_AUTHORIZER_{it}" for it in ("LISTEN", "URL", "CERTIFICATE_FILE", "KEY_FILE", "SERVER_CA_FILE",
                                                     "CLIENT_CA_FILE"))}

SECURITY = ("LOCKBOX_KAFKA_SECURITY_", "LOCKBOX_KAFKA_SASL_", "LOCKBOX_KAFKA_SSL_")

# Printed by `./dev env` for people and tests; no settings of the workers.
NOT_FOR_WORKERS = {"LOCKBOX_MAILDIR", "LOCKBOX_SUPERUSER_URL", "LOCKBOX_AUDIT_SUPERUSER_URL", "LOCKBOX_ENFORCER_URL",
                   "LOCKBOX_KUBECONFIG_ENGINEER", "LOCKBOX_KUBECONFIG_ADMIN", "LOCKBOX_CLUSTER_CLIENT_CA_FILE",
                   "LOCKBOX_CLUSTER_CLIENT_CA_KEY_FILE", "LOCKBOX_HTTP_AUTHORIZER",
                   *(f"LOCKBOX_HTTP_{worker.upper()}" for worker in WORKERS)}


def generated(ports: dict[str, int], key_file: Path, secure: Secure | None, cluster: Cluster | None,
              portal: Portal | None) -> dict[str, str]:
    suffix = secure.url_suffix() if secure else ""
    return {
        "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{ports['kafka']}",
        "LOCKBOX_DATABASE_URL": f"postgresql://lockbox_worker@127.0.0.1:{ports['postgres']}/lockbox{suffix}",
        "LOCKBOX_AUDIT_DATABASE_URL": f"postgresql://lockbox_audit_writer@127.0.0.1:{ports['postgres']}/audit{suffix}",
        "LOCKBOX_SMTP_URL": f"smtp://127.0.0.1:{ports['smtp']}?tls=off",
        "LOCKBOX_MAIL_FROM": "lockbox@lockbox.example",
        "LOCKBOX_PORTAL_URL": portal.url if portal else "https://portal.example/lockbox",
        "LOCKBOX_LOG_ORIGIN": "lockbox.example/dev",
        "LOCKBOX_CHECKPOINT_KEY_FILE": str(key_file),
        **(secure.kafka_settings("admin") if secure else {}),
        **(cluster.settings() if cluster else {}),
    }


def chosen(ports: dict[str, int], key_file: Path, secure: Secure | None, cluster: Cluster | None,
           portal: Portal | None) -> dict[str, str]:
    """The generated settings, overridden by every LOCKBOX_* of the caller's environment.

    In a shell that has evaluated `./dev env`, addresses are some stack's own, not a wish: they override nothing.
    """
    settings = generated(ports, key_file, secure, cluster, portal)
    is_dev_env = "LOCKBOX_SUPERUSER_URL" in os.environ
    for name, value in os.environ.items():
        is_setting = name.startswith("LOCKBOX_") and not name.startswith("LOCKBOX_DEV_") and name not in NOT_FOR_WORKERS
        if is_setting and value and not (is_dev_env and (name in ADDRESSES or name.startswith(SECURITY))):
            settings.pop(name.removesuffix("_FILE"), None)
            settings[name] = value
    return settings


def of_worker(settings: dict[str, str], worker: str, port: int, secure: Secure | None) -> dict[str, str]:
    """Each has its own database only, and its own role: `./dev env` prints lockbox_worker's, who may do what any of
    them may, and lockbox_auditor's, who reads the audit store."""
    others = ["LOCKBOX_DATABASE_URL"] if worker == "auditor" else ["LOCKBOX_AUDIT_DATABASE_URL", "LOCKBOX_CHECKPOINT_KEY"]
    own = {name: value.replace("//lockbox_worker@", f"//lockbox_{worker}@", 1) if name == "LOCKBOX_DATABASE_URL" else value
           for name, value in settings.items() if name.removesuffix("_FILE") not in others}
    if secure:
        admin = secure.kafka_settings("admin")
        own = {name: value for name, value in own.items() if admin.get(name) != value}
        own |= secure.kafka_settings(worker) if worker != "expirer" else {}
    return {"LOCKBOX_HTTP_LISTEN": f"127.0.0.1:{port}", "LOCKBOX_INSTANCE": "1", **own}


def of_superuser(ports: dict[str, int], secure: Secure | None) -> dict[str, str]:
    return {"LOCKBOX_SUPERUSER_URL": postgres.superuser_url(ports["postgres"], "lockbox", secure),
            "LOCKBOX_AUDIT_SUPERUSER_URL": postgres.superuser_url(ports["postgres"], "audit", secure)}


def printed(settings: dict[str, str], ports: dict[str, int], state: Path, binaries: Path, secure: Secure | None,
            cluster: Cluster | None) -> dict[str, str]:
    """What `./dev env` prints."""
    search_path = [part for part in os.environ.get("PATH", "").split(":") if part != str(binaries)]
    return {
        **settings,
        # The auditors' login; the worker has lockbox_audit_writer's.
        "LOCKBOX_AUDIT_DATABASE_URL": settings["LOCKBOX_AUDIT_DATABASE_URL"].replace("//lockbox_audit_writer@", "//lockbox_auditor@", 1),
        **of_superuser(ports, secure),
        "LOCKBOX_ENFORCER_URL": f"postgresql://lockbox_enforcer@127.0.0.1:{ports['postgres']}/lockbox"
                                f"{secure.url_suffix() if secure else '?sslmode=disable'}",
        **{f"LOCKBOX_HTTP_{worker.upper()}": f"127.0.0.1:{ports[worker]}" for worker in WORKERS},
        **(cluster.printed() if cluster else {}),
        "LOCKBOX_MAILDIR": str(state / "mail"),
        "LOCKBOX_DEV_DIR": str(state),
        "PATH": ":".join([str(binaries), *search_path]),
    }

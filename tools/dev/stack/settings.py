"""The settings of the stack's workers: what the stack itself decides, and what the caller's environment says."""
import os
from pathlib import Path

import postgres

WORKERS = ["requester", "decider", "expirer", "relay", "notifier", "auditor"]

ADDRESSES = {"LOCKBOX_KAFKA_BOOTSTRAP_SERVERS", "LOCKBOX_DATABASE_URL", "LOCKBOX_AUDIT_DATABASE_URL", "LOCKBOX_SMTP_URL",
             "LOCKBOX_CHECKPOINT_KEY_FILE"}

# Printed by `./dev env` for people and tests; no settings of the workers.
NOT_FOR_WORKERS = {"LOCKBOX_MAILDIR", "LOCKBOX_SUPERUSER_URL", "LOCKBOX_AUDIT_SUPERUSER_URL", "LOCKBOX_ENFORCER_URL",
                   *(f"LOCKBOX_HTTP_{worker.upper()}" for worker in WORKERS)}


def generated(ports: dict[str, int], key_file: Path) -> dict[str, str]:
    return {
        "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{ports['kafka']}",
        "LOCKBOX_DATABASE_URL": f"postgresql://lockbox_worker@127.0.0.1:{ports['postgres']}/lockbox",
        "LOCKBOX_AUDIT_DATABASE_URL": f"postgresql://lockbox_audit_writer@127.0.0.1:{ports['postgres']}/audit",
        "LOCKBOX_SMTP_URL": f"smtp://127.0.0.1:{ports['smtp']}?tls=off",
        "LOCKBOX_MAIL_FROM": "lockbox@lockbox.example",
        "LOCKBOX_PORTAL_URL": "https://portal.example/lockbox",
        "LOCKBOX_LOG_ORIGIN": "lockbox.example/dev",
        "LOCKBOX_CHECKPOINT_KEY_FILE": str(key_file),
    }


def chosen(ports: dict[str, int], key_file: Path) -> dict[str, str]:
    """The generated settings, overridden by every LOCKBOX_* of the caller's environment.

    In a shell that has evaluated `./dev env`, addresses are some stack's own, not a wish: they override nothing.
    """
    settings = generated(ports, key_file)
    is_dev_env = "LOCKBOX_SUPERUSER_URL" in os.environ
    for name, value in os.environ.items():
        is_setting = name.startswith("LOCKBOX_") and not name.startswith("LOCKBOX_DEV_") and name not in NOT_FOR_WORKERS
        if is_setting and value and not (is_dev_env and name in ADDRESSES):
            settings.pop(name.removesuffix("_FILE"), None)
            settings[name] = value
    return settings


def of_worker(settings: dict[str, str], worker: str, port: int) -> dict[str, str]:
    """Each has its own database only, and its own role: `./dev env` prints lockbox_worker's, who may do what any of
    them may."""
    other = "LOCKBOX_DATABASE_URL" if worker == "auditor" else "LOCKBOX_AUDIT_DATABASE_URL"
    own = {name: value.replace("//lockbox_worker@", f"//lockbox_{worker}@", 1) if name == "LOCKBOX_DATABASE_URL" else value
           for name, value in settings.items() if name not in (other, f"{other}_FILE")}
    return {"LOCKBOX_HTTP_LISTEN": f"127.0.0.1:{port}", "LOCKBOX_INSTANCE": "1", **own}


def of_superuser(ports: dict[str, int]) -> dict[str, str]:
    return {"LOCKBOX_SUPERUSER_URL": postgres.superuser_url(ports["postgres"], "lockbox"),
            "LOCKBOX_AUDIT_SUPERUSER_URL": postgres.superuser_url(ports["postgres"], "audit")}


def printed(settings: dict[str, str], ports: dict[str, int], state: Path, binaries: Path) -> dict[str, str]:
    """What `./dev env` prints."""
    search_path = [part for part in os.environ.get("PATH", "").split(":") if part != str(binaries)]
    return {
        **settings,
        **of_superuser(ports),
        "LOCKBOX_ENFORCER_URL": f"postgresql://lockbox_enforcer@127.0.0.1:{ports['postgres']}/lockbox?sslmode=disable",
        **{f"LOCKBOX_HTTP_{worker.upper()}": f"127.0.0.1:{ports[worker]}" for worker in WORKERS},
        "LOCKBOX_MAILDIR": str(state / "mail"),
        "LOCKBOX_DEV_DIR": str(state),
        "PATH": ":".join([str(binaries), *search_path]),
    }

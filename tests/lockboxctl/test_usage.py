"""The command line itself, and config: no stack needed."""
import csv
import io
import json
import re
import subprocess
from pathlib import Path

import pytest

from conftest import PROGRAM

PAGE = Path(__file__).resolve().parents[2] / "docs/lockboxctl.md"
SECRET = "hunter2-not-to-be-seen"


@pytest.fixture(scope="module")
def commands(bare):
    listed = re.findall(r"^  (\S.*?)  +\S", bare("--help").stdout, re.MULTILINE)
    assert {"db migrate", "topics create", "request show", "approve", "config"} <= set(listed)
    return listed


def test_every_command_has_help_with_an_example(bare, commands):
    for command in commands:
        done = bare(*command.split(), "--help")
        assert (done.returncode, done.stderr) == (0, "")
        assert f"Usage: lockboxctl {command}" in done.stdout
        assert f"Example:\n  lockboxctl {command}" in done.stdout
        assert bare("help", *command.split()).stdout == done.stdout


def test_a_group_lists_its_commands(bare):
    listed = bare("request", "--help")
    assert listed.returncode == 0 and "request timeline" in listed.stdout and "db migrate" not in listed.stdout
    wrong = bare("request")
    assert (wrong.returncode, wrong.stdout, wrong.stderr) == (2, "", listed.stdout)


@pytest.mark.parametrize(("arguments", "words"), [
    ([], "Usage: lockboxctl COMMAND"),
    (["nonsense"], "no such command: nonsense"),
    (["db", "nonsense"], "no such command: db nonsense"),
    (["db", "status", "extra"], "one argument too many: extra"),
    (["db", "status", "--limit", "3"], "unknown option: --limit"),
    (["db", "status", "-o"], "-o takes table|json|csv"),
    (["db", "status", "-o", "yaml"], "-o takes table, json or csv, not yaml"),
    (["db", "migrate", "--dry-run=yes"], "--dry-run takes no value"),
    (["db", "status", "--only=audit", "--only=audit"], "given twice: --only"),
    (["request", "show"], "missing: ID"),
    (["request", "show", "4711"], "not a request id: 4711"),
    (["request", "list", "--state", "open"], "--state takes one of customer_notified"),
    (["notification", "list", "--state", "open"], "--state takes one of queued, sending, sent, deferred, failed"),
    (["approve", "019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52"], "missing: --by"),
    (["approve", "019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", "--by", "ann"], "--by takes ID,EMAIL[,NAME]"),
    (["approve", "019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", "--by", "ann,nowhere"], "/data/by/email"),
    (["approve", "019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", "--by", "ann,ann@x.example", "--items", "1,,3"], "--items"),
    (["approve", "019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", "--by", "ann,ann@x.example", "--duration", "2h"], "--duration"),
    (["deny", "019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52", "--by", "ann,ann@x.example", "--items", "1"], "--items"),
    (["partition", "skip", "lockbox.tickets.v1", "3", "0", "0", "--by", "ann,nowhere", "--reason", "x"], "/email"),
    (["partition", "accept", "lockbox.tickets.v1", "3", "--by", "a" * 129 + ",ann@x.example", "--reason", "x"], "/id"),
    (["quarantine", "show", "-1"], "-1"),
    (["quarantine", "show", "one"], "not a quarantine id"),
    (["audit", "export", "--out", "x", "--from", "2026-11-25T08:00:00Z", "--to", "2026-11-25T07:00:00Z"], "--from has to be before --to"),
    (["audit", "review", "--tenant", "contoso", "--month", "0000-01"], "--month takes a month"),
    *[(["audit", "verify", "--topic", "x", "--partition", "0", f"--offsets={offsets}"], f"FIRST..LAST, not {offsets}")
      for offsets in ("-5..-3", "-1", "3..-1", "9223372036854775807", "0..99999999999999999999", "1..2..3", " 1", "")],
    *[([*command, "f\udcfcr"], f"not UTF-8: {command[-1]}") for command in (
        ["request", "list", "--ticket"], ["audit", "review", "--month", "2026-11", "--tenant"], ["outbox", "drop", "7", "--by", "a,b", "--reason"])],
    (["audit", "proof", "f\udcfcr", "0", "0"], "not UTF-8: TOPIC PARTITION OFFSET"),
])
def test_wrong_usage(bare, arguments, words):
    done = bare(*arguments)
    assert (done.returncode, done.stdout) == (2, "") and words in done.stderr


def test_a_wrong_setting_stops_everything_and_is_named(bare):
    done = bare("request", "list", LOCKBOX_GRANT_TTL="8 hours")
    assert done.returncode == 2 and "LOCKBOX_GRANT_TTL" in done.stderr
    shown = bare("config", LOCKBOX_GRANT_TTL="8 hours")
    assert shown.returncode == 2 and "8 hours" in shown.stdout and "LOCKBOX_GRANT_TTL" in shown.stderr


@pytest.mark.parametrize(("setting", "command"), [
    ("LOCKBOX_DATABASE_URL", "request list"),
    ("LOCKBOX_AUDIT_DATABASE_URL", "request timeline 019ab1a4-5c40-7c3e-9f21-6b8d0e4a7c52"),
])
def test_a_databases_url_that_is_none_is_named(bare, setting, command):
    done = bare(*command.split(), **{setting: "nonsense-with-secret"})
    assert (done.returncode, done.stdout) == (2, "") and setting in done.stderr and "secret" not in done.stderr


def test_config_shows_values_and_defaults(bare):
    done = bare("config", "-o", "json", LOCKBOX_GRANT_TTL="PT2H")
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert (rows["LOCKBOX_GRANT_TTL"]["value"], rows["LOCKBOX_GRANT_TTL"]["set"]) == ("PT2H", True)
    assert (rows["LOCKBOX_PENDING_TTL"]["value"], rows["LOCKBOX_PENDING_TTL"]["set"]) == ("P4D", False)
    assert rows["LOCKBOX_GRANT_TTL"]["kind"] == "duration" and rows["LOCKBOX_GRANT_TTL"]["what"]


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_config_hides_secrets(bare, tmp_path, form):
    file = tmp_path / "password"
    file.touch(0o600)
    file.write_text(SECRET)
    done = bare("config", "-o", form, LOCKBOX_DATABASE_URL=f"postgresql://ann:{SECRET}@db/lockbox",
                LOCKBOX_SMTP_PASSWORD=SECRET, LOCKBOX_SMTP_URL=f"smtp://ann:{SECRET}@mail:25",
                LOCKBOX_KAFKA_SASL_PASSWORD=SECRET, LOCKBOX_KAFKA_SSL_KEY_PASSWORD_FILE=str(file),
                LOCKBOX_KAFKA_SASL_MECHANISM="SCRAM-SHA-512")
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr
    for shown in ("SCRAM-SHA-512", "sasl.mechanism", "ssl.key.password", "smtp://ann:***@mail:25"):
        assert shown in done.stdout


def test_config_hides_each_relays_password(bare):
    """Where none belongs, but somebody may have put one."""
    shown = bare("config", LOCKBOX_SMTP_URL=f"smtp://ann:{SECRET}@a:25,smtps://bob:{SECRET}@b?tls=required, smtp://c:{SECRET}@c", COLUMNS="300")
    assert SECRET not in shown.stdout and "smtp://ann:***@a:25,smtps://bob:***@b?tls=required, smtp://c:***@c" in shown.stdout
    odd = "https://ann@a/x:y,z?next=https://b@c,d"
    assert odd in bare("config", LOCKBOX_PORTAL_URL=odd).stdout


def test_a_file_with_more_than_text_is_no_setting(bare, tmp_path):
    file = tmp_path / "duration"
    file.write_bytes(b"PT2H\0PT3H\n")
    done = bare("config", LOCKBOX_GRANT_TTL_FILE=str(file))
    assert done.returncode == 2 and "LOCKBOX_GRANT_TTL_FILE: has a NUL byte" in done.stderr


@pytest.mark.parametrize("who", [["--tenant", "", "--by", "a,a@x.example"], ["--tenant", "t"], ["--by", "a,a@x.example"],
                                 ["--tenant", "t", "--by", "a,nowhere"], ["--tenant", "t", "--by", "a" * 129 + ",a@x.example"]])
def test_a_proof_that_nobody_takes_makes_no_key(bare, tmp_path, who):
    done = bare("keygen", "approver", tmp_path / "key.pem", *who)
    assert (done.returncode, done.stdout) == (2, "") and "--by" in done.stderr and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("duration", "code"), [("PT0S", 2), ("P0D", 2), ("P1Y", 2), ("PT0.000001S", 0), ("P10000D", 0), ("P10000DT1S", 2),
                                                ("PT1000000000000S", 2), ("-PT1S", 2), ("", 2)])
def test_durations_have_limits_and_the_reason_says_so(bare, duration, code):
    done = bare("config", LOCKBOX_INBOX_TTL=duration)
    assert done.returncode == code and ("up to P10000D" in done.stderr) == bool(code)


@pytest.mark.parametrize("arguments", [["config", "-o", "json"], ["config"], ["man"], ["completion", "zsh"], ["version"], ["--help"], ["db", "--help"],
                                       ["approve", "--help"], ["notification", "preview", "outcome"]])
def test_output_that_nothing_takes_is_an_error(arguments):
    """However much it is: what stdio could not write is gone, and the next write may succeed."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run([PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "lockboxctl: standard output cannot be written\n")
    closed = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&-', PROGRAM, *arguments], capture_output=True, text=True)
    assert (closed.returncode, closed.stderr) == (1, done.stderr)


def test_csv_is_csv(bare):
    rows = list(csv.DictReader(io.StringIO(bare("config", "-o", "csv", LOCKBOX_ORGANIZATIONS='a,"b"').stdout)))
    assert {row["name"]: row["value"] for row in rows}["LOCKBOX_ORGANIZATIONS"] == 'a,"b"'


def test_a_table_cannot_steer_the_terminal(bare):
    done = bare("config", LOCKBOX_MAIL_FROM="\x1b[2Jlockbox\n@x.example")
    assert "\x1b" not in done.stdout and "[2Jlockbox" in done.stdout


@pytest.mark.parametrize(("text", "columns"), [("jo", 2), ("José", 4), ("Jose\u0301", 4), ("山田太郎", 8), ("ｘ", 2), ("🔒", 2)])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_columns_stand_below_each_other(bare, text, columns, locale):
    """However many columns of the terminal a character takes, and whatever the locale is."""
    head, *rows = bare("config", LOCKBOX_ORGANIZATIONS=text, LC_ALL=locale).stdout.splitlines()
    [row] = [row for row in rows if row.startswith("LOCKBOX_ORGANIZATIONS ")]
    assert row.index("yes") - len(text) + columns == head.index("SET")


def test_an_unknown_setting_is_warned_about(bare):
    done = bare("config", LOCKBOX_GRNAT_TTL="PT1H")
    assert done.returncode == 0 and "LOCKBOX_GRNAT_TTL" in done.stderr


def test_the_page_names_every_command(commands):
    table = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    named = [name for line in table for name in re.findall(r"`([^`]+)`", line.split("|")[1])]
    assert named == commands


def test_what_is_quoted_steers_no_terminal(bare):
    """The file names of an export come from whoever made it."""
    done = bare("audit", "verify", "/nowhere/\x1b[2J\x9b\x7fexport")
    assert done.returncode == 1 or done.returncode == 2
    assert "export" in done.stderr and not set("\x1b\x9b\x7f") & set(done.stderr)


@pytest.mark.parametrize("formula", ["=cmd|' /C calc'!A0", "+1+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)", "\t=1", '="a,b"'])
def test_a_formula_is_text_in_a_spreadsheet(bare, formula):
    rows = list(csv.DictReader(io.StringIO(bare("config", "-o", "csv", LOCKBOX_MAIL_FROM=formula).stdout)))
    assert [row["value"] for row in rows if row["name"] == "LOCKBOX_MAIL_FROM"] == ["'" + formula]

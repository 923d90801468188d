"""Files that hold secrets. One that another user can read or write is refused, as the workers do: docs/decisions/024."""
import os
import stat
from pathlib import Path


class OpenSecret(Exception):
    """The file's mode or owner lets others in; the message says which."""


def read_secret(path: str, environment) -> str:
    """The open file is judged, not its name, so that what was judged is what is read."""
    with open(path, encoding="utf-8") as file:
        judge(os.fstat(file.fileno()), environment)
        return file.read().strip()


def judge_path(path: str, environment) -> None:
    """Of a file that a library opens by itself. One that is not there is the library's to refuse."""
    if Path(path).is_file():
        judge(os.stat(path), environment)


def judge(about: os.stat_result, environment) -> None:
    if environment.get("LOCKBOX_ALLOW_OPEN_SECRETS") == "yes":
        return
    mode = stat.S_IMODE(about.st_mode)
    if about.st_uid not in (0, os.geteuid()):
        raise OpenSecret(f"has mode {mode:04o} and belongs to user {about.st_uid}, who is neither root nor this process's user")
    whom = None
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        whom = "everybody"
    elif mode & (stat.S_IRGRP | stat.S_IWGRP) and about.st_gid not in (0, os.getegid(), *os.getgroups()):
        whom = "a group that this process is not in"
    if whom:
        raise OpenSecret(f"has mode {mode:04o}, open to {whom}; a secret's file is for its user and a group of it (0600, 0640)")

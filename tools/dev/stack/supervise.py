"""A supervisord of our own (Debian's supervisor package): it starts each process, and starts it again when it dies.

Every process is `sh run/NAME.sh`, a script that sets the environment and execs the program, so that the pid is the
program's own. A process whose script changed is restarted. When supervisord itself is killed, the kernel passes a TERM
or INT to every process (setpriv --pdeathsig), so that none is left behind.
"""
import contextlib
import os
import shlex
import signal
import subprocess
import time
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path

from supervisor.xmlrpc import Faults, SupervisorTransport

from statedir import StateDir, replace

MAIN = """\
[unix_http_server]
file={run}/supervisor.sock
chmod=0700

[supervisord]
pidfile={run}/supervisord.pid
logfile={log}/supervisord.log
directory={run}
nocleanup=true
{user}
[supervisorctl]
serverurl=unix://{run}/supervisor.sock

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

# The command is relative to supervisord's directory, run/.
# startretries: never give up; a process that keeps dying is tried again after 1, 2, 3, … seconds.
PROGRAM = """
[program:{name}]
command=/bin/sh {name}.sh
autostart=false
autorestart=true
startsecs=1
startretries=1000000
stopsignal={stop_signal}
stopwaitsecs={stop_seconds}
stdout_logfile={log}/{name}.log
redirect_stderr=true
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=1
"""


@dataclass(frozen=True)
class Program:
    name: str
    stop_signal: str = "TERM"
    stop_seconds: int = 15
    drop_signal: str = "KILL"  # where nobody needs its data any more


class Supervisor:
    def __init__(self, state: StateDir):
        self.state = state

    @property
    def rpc(self):
        transport = SupervisorTransport(serverurl=f"unix://{self.state.run}/supervisor.sock")
        return xmlrpc.client.ServerProxy("http://localhost", transport).supervisor

    @property
    def is_running(self) -> bool:
        try:
            return self.rpc.getState()["statename"] == "RUNNING"
        except OSError:
            return False

    def start(self, programs: list[Program]) -> None:
        """Starts supervisord over these programs, none of them started yet."""
        places = {"run": self.state.run, "log": self.state.log}
        text = MAIN.format(user="user=root\n" if os.geteuid() == 0 else "", **places)
        for program in programs:
            text += PROGRAM.format(**vars(program), **places)
        text = text.replace("%", "%%")
        config = self.state.run / "supervisord.conf"
        if self.is_running:
            if config.read_text() == text:
                return
            self.shutdown()
        replace(config, text)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCKBOX_")}
        subprocess.run(["/usr/bin/supervisord", "-c", config], env=environment, check=True, capture_output=True,
                       text=True)
        wait_until(lambda: self.is_running, 10)

    def processes(self) -> dict[str, dict]:
        """Name → supervisor's account of it (statename, pid, spawnerr, …); empty when there is no supervisord."""
        if not self.is_running:
            return {}
        return {info["name"]: info for info in self.rpc.getAllProcessInfo()}

    def run_program(self, program: Program, environment: dict[str, str], command: list[str],
                    privileges: list[str] = []) -> None:
        """Sees to it that the program runs by this environment and command: that it neither waits for its next try nor
        stands still (SIGSTOP)."""
        script = self.state.run / f"{program.name}.sh"
        text = start_script(environment, ["setpriv", "--pdeathsig", program.stop_signal, *privileges, *command])
        info = self.rpc.getProcessInfo(program.name)
        is_same = script.exists() and script.read_text() == text
        if info["statename"] in ("STARTING", "RUNNING") and is_same and runs_current_binary(info["pid"], command[0]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(info["pid"], signal.SIGCONT)
            return
        self.stop([program.name])
        replace(script, text)
        self.rpc.startProcess(program.name, False)

    def drop(self, programs: list[Program]) -> None:
        """Stops them without giving them time."""
        pids = {name: info["pid"] for name, info in self.processes().items() if info["pid"]}
        self.ask_to_stop([program.name for program in programs])
        for program in programs:
            with contextlib.suppress(KeyError, ProcessLookupError):
                os.kill(pids[program.name], signal.Signals[f"SIG{program.drop_signal}"])
        self.stop([program.name for program in programs])

    def ask_to_stop(self, names: list[str]) -> None:
        for name in names:
            try:
                self.rpc.stopProcess(name, False)
            except xmlrpc.client.Fault as fault:
                if fault.faultCode not in (Faults.NOT_RUNNING, Faults.BAD_NAME):
                    raise

    def stop(self, names: list[str]) -> None:
        """Stops these programs, all at the same time, and waits for them."""
        self.ask_to_stop(names)
        gone = ("STOPPED", "EXITED", "FATAL")
        wait_until(lambda: all(info["statename"] in gone for name, info in self.processes().items() if name in names),
                   60)

    def shutdown(self) -> None:
        pid = self.rpc.getPID()
        self.rpc.shutdown()
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), 60)


def start_script(environment: dict[str, str], command: list[str]) -> str:
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(environment.items())]
    return "\n".join([*lines, f"exec {shlex.join(command)}", ""])


def runs_current_binary(pid: int, binary: str) -> bool:
    """False when the program was built anew since it was started."""
    try:
        return os.path.samefile(f"/proc/{pid}/exe", binary)
    except OSError:
        return True


def wait_until(condition, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True

"""A Postfix of one's own: Debian's programs, an instance directory, loopback ports. The machine's mail server, if there is
one, is not touched. Starting it takes root."""
import base64
import os
import pwd
import re
import socket
import socketserver
import ssl
import subprocess
import tempfile
import threading
from pathlib import Path

from .stack import free_port
from .waiting import wait_until

MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log/mail.log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.contoso.example
mydestination =
alias_maps =
virtual_mailbox_domains = contoso.example
virtual_mailbox_base = {home}
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_tls_security_level = encrypt
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {home}/auth
smtpd_sasl_security_options = noanonymous
smtpd_tls_auth_only = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{nobody@contoso.example = REJECT no such person}} }}
smtpd_client_connection_count_limit = 0
"""

SERVICE = "127.0.0.1:{port} inet n - n - - smtpd -o smtpd_tls_chain_files={chain} -o smtpd_tls_wrappermode={implicit}\n"

MASTER = """
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
proxymap  unix - - n - - proxymap
error     unix - - n - - error
retry     unix - - n - - error
virtual   unix - n n - - virtual
anvil     unix - - n - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
"""

HELLO = "VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t" + "0" * 32 + "\nDONE\n"


class PasswordServer(socketserver.ThreadingUnixStreamServer):
    """Who may log in, as Postfix asks it: Dovecot's authentication protocol, for one user by PLAIN."""

    daemon_threads = True

    def __init__(self, path: Path, user: str, password: str):
        self.right = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        self.user = user
        super().__init__(str(path), PasswordHandler)
        os.chmod(path, 0o666)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class PasswordHandler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(HELLO.encode())
        for line in self.rfile:
            verb, number, *rest = line.decode().rstrip("\n").split("\t")
            if verb == "AUTH":
                is_right = f"resp={self.server.right}" in rest
                self.wfile.write(f"{'OK' if is_right else 'FAIL'}\t{number}\tuser={self.server.user}\n".encode())


def as_root(*command, **options) -> subprocess.CompletedProcess:
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    return subprocess.run([*sudo, "env", f"PATH={path}", *map(str, command)], check=True, capture_output=True, text=True, **options)


class Postfix:
    """One user, lockbox, with that password; the same mail server behind a port for each certificate, so that no test has
    to wait until another one is in use. certificates: name → certificate and key. implicit: of these, TLS is from the first byte."""

    def __init__(self, certificates: dict[str, tuple[Path, Path]], password: str, implicit: frozenset[str] = frozenset()):
        # Not below pytest's folders, into which only their owner may look: Postfix has users of its own.
        self.home = Path(tempfile.mkdtemp(prefix="lockbox-postfix-"))
        home = self.home
        self.inbox = home / "inbox"
        self.config = home / "config"
        for folder in (self.config, home / "log", self.inbox):
            folder.mkdir(parents=True)
        os.chmod(home, 0o755)
        nobody = pwd.getpwnam("nobody")
        (self.config / "main.cf").write_text(MAIN.format(home=home, uid=nobody.pw_uid, gid=nobody.pw_gid))
        self.implicit = implicit
        self.ports = {name: free_port() for name in certificates}
        services = [self.service(number, name, *certificates[name]) for number, name in enumerate(certificates)]
        (self.config / "master.cf").write_text("".join(services) + MASTER)
        self.passwords = PasswordServer(home / "auth", "lockbox@contoso.example", password)
        as_root("chown", "nobody", self.inbox)
        as_root("chown", "root", self.config, self.config / "main.cf", self.config / "master.cf")
        as_root("install", "-d", "-o", "root", home / "queue")
        as_root("install", "-d", "-o", "postfix", home / "data")
        as_root("postfix", "-c", self.config, "start")
        for name in self.ports:
            wait_until(lambda name=name: "220" in self.banner(name), "Postfix answers")

    def service(self, number: int, name: str, certificate: Path, key: Path) -> str:
        chain = self.home / f"tls{number}.pem"
        chain.write_text(key.read_text() + certificate.read_text())
        return SERVICE.format(port=self.ports[name], chain=chain, implicit="yes" if name in self.implicit else "no")

    def banner(self, name: str) -> str:
        unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
        try:
            with socket.create_connection(("127.0.0.1", self.ports[name]), timeout=5) as connection:
                return (unchecked.wrap_socket(connection) if name in self.implicit else connection).recv(100).decode()
        except OSError:
            return ""

    def url(self, certificate: str) -> str:
        if certificate in self.implicit:
            return f"smtps://lockbox%40contoso.example@localhost:{self.ports[certificate]}"
        return f"smtp://lockbox%40contoso.example@localhost:{self.ports[certificate]}?tls=required"

    def delivered(self) -> list[bytes]:
        return [Path(path).read_bytes() for path in sorted((self.inbox / "new").glob("*"))] if (self.inbox / "new").exists() else []

    def log(self) -> str:
        return (self.home / "log/mail.log").read_text(errors="replace")

    def deaths(self) -> list[str]:
        """What processes of its own said last."""
        return [line for line in self.log().splitlines() if re.search(r"smtpd\[\d+\]: (fatal|panic): ", line)]

    def stop(self) -> None:
        as_root("postfix", "-c", self.config, "stop")
        self.passwords.shutdown()
        self.passwords.server_close()
        as_root("rm", "-rf", self.home)

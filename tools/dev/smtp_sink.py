"""An SMTP receiver that puts every message in a Maildir, with its envelope as X-MailFrom and X-RcptTo headers.

    /usr/bin/python3 smtp_sink.py PORT MAILDIR
"""
import asyncio
import sys
from email.header import Header

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP


class Sink(Mailbox):
    """Each message as it came, neither parsed nor written anew."""

    async def handle_DATA(self, server, session, envelope) -> str:
        said = {"X-Peer": str(session.peer), "X-MailFrom": envelope.mail_from, "X-RcptTo": ", ".join(envelope.rcpt_tos)}
        lines = [f"{name}: {text if text.isascii() else Header(text, 'utf-8').encode()}\n" for name, text in said.items()]
        self.mailbox.add("".join(lines).encode() + envelope.content.replace(b"\r\n", b"\n"))
        return "250 OK"


async def main(port: int, maildir: str) -> None:
    loop = asyncio.get_running_loop()
    sink = Sink(maildir)
    server = await loop.create_server(
        lambda: SMTP(sink, enable_SMTPUTF8=True, hostname="localhost", loop=loop), "127.0.0.1", port)
    await server.serve_forever()


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))

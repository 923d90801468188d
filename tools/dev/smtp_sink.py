"""An SMTP receiver that puts every message in a Maildir, with its envelope as X-MailFrom and X-RcptTo headers.

    /usr/bin/python3 smtp_sink.py PORT MAILDIR
"""
import asyncio
import sys

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP


async def main(port: int, maildir: str) -> None:
    loop = asyncio.get_running_loop()
    mailbox = Mailbox(maildir)
    server = await loop.create_server(
        lambda: SMTP(mailbox, enable_SMTPUTF8=True, hostname="localhost", loop=loop), "127.0.0.1", port)
    await server.serve_forever()


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))

"""python -m lockbox_portal [--host HOST] [--port PORT]: serves the portal, by the settings of its environment."""
import argparse
import os
import sys

import uvicorn

from .app import make
from .settings import BadSetting, Settings


def main() -> int:
    parser = argparse.ArgumentParser(prog="lockbox_portal")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    asked = parser.parse_args()
    try:
        settings = Settings.of(os.environ)
    except (BadSetting, OSError) as error:
        print(f"lockbox_portal: {error}", file=sys.stderr)
        return 2
    uvicorn.run(make(settings), host=asked.host, port=asked.port, root_path=settings.path, log_level="warning",
                timeout_graceful_shutdown=2)
    return 0


sys.exit(main())

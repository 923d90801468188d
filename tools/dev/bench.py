"""./dev bench [NAME]: runs tests/bench/NAME.py; without a name, lists them with the first line of what they say."""
import ast
import os
import sys
from pathlib import Path

BENCHES = {path.stem: path for path in sorted(Path("tests/bench").glob("[!_]*.py"))}

names = sys.argv[1:]
if not names:
    for name, path in BENCHES.items():
        print(f"{name:<12} {(ast.get_docstring(ast.parse(path.read_text())) or '').partition(chr(10))[0]}")
elif names[0] not in BENCHES:
    print(f"./dev bench: no such benchmark: {names[0]}; there are: {' '.join(BENCHES) or 'none yet'}", file=sys.stderr)
    sys.exit(2)
else:
    os.environ["LOCKBOX_DEV_KAFKA_JVM"] = ""  # compiled as in service
    os.execv(sys.executable, [sys.executable, str(BENCHES[names[0]]), *names[1:]])

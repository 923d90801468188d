#!/usr/bin/env bash
# readers.sh DIRECTORY CACHE: puts readers of passkeys into DIRECTORY: `go`, a program out of tests/portal/go, and `node`, which starts
# tests/portal/node/read.mjs; and `provider`, an OpenID provider. Versions are those of go.mod and package-lock.json.
set -euo pipefail
directory=$(realpath "$1") cache=$(realpath -m "$2")
cd "$(dirname "$(readlink -f "$0")")"
export GOMODCACHE=$cache/modules GOCACHE=$cache/build GOTOOLCHAIN=local GOFLAGS='-mod=readonly -buildvcs=false' CGO_ENABLED=0

wanted=$(awk '$1 == "go" { print $2 }' go/go.mod)
go=$(command -v go)
if [ "$(printf '%s\n' "$wanted" "$(go env GOVERSION | tr -d 'go')" | sort -V | head -1)" != "$wanted" ]; then
    toolchain=golang.org/toolchain@v0.0.1-go$wanted.linux-$(dpkg --print-architecture)
    (cd / && GO111MODULE=on GOFLAGS=-mod=mod /usr/bin/go mod download "$toolchain")
    cp -r --no-preserve=mode "$GOMODCACHE/$toolchain" "$directory/toolchain"
    chmod -R +x "$directory/toolchain/bin" "$directory/toolchain/pkg/tool"
    go=$directory/toolchain/bin/go
fi
env -C go "$go" build -trimpath -o "$directory/go" .

cp node/package*.json node/*.mjs "$directory/"
npm ci --prefix "$directory" --ignore-scripts --no-audit --no-fund
for program in node:read provider:provider; do
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$(ls "$directory"/node_modules/node-linux-*/bin/node)" "$directory/${program#*:}.mjs" \
        >"$directory/${program%:*}"
    chmod +x "$directory/${program%:*}"
done

#!/usr/bin/env bash
# build.sh DIRECTORY CACHE: puts an OpenTelemetry Collector into DIRECTORY, built from the modules of collector/go.mod by the Go that it
# asks for, which comes as a module where the one here is older.
set -euo pipefail
directory=$(realpath "$1") cache=$(realpath -m "$2")
cd "$(dirname "$(readlink -f "$0")")/collector"
export GOMODCACHE=$cache/modules GOCACHE=$cache/build GOTOOLCHAIN=local GOFLAGS='-mod=readonly -buildvcs=false' CGO_ENABLED=0

wanted=$(awk '$1 == "toolchain" { print $2 }' go.mod)
toolchain=golang.org/toolchain@v0.0.1-$wanted.linux-$(dpkg --print-architecture)
(cd / && GO111MODULE=on GOFLAGS=-mod=mod /usr/bin/go mod download "$toolchain")
cp -r --no-preserve=mode "$GOMODCACHE/$toolchain" "$directory/go"
chmod -R +x "$directory/go/bin" "$directory/go/pkg/tool"
"$directory/go/bin/go" build -trimpath -ldflags '-s -w' -o "$directory/" .
rm -r "$directory/go"

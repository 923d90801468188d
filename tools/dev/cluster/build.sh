#!/usr/bin/env bash
# build.sh DIRECTORY CACHE: puts kube-apiserver, kubectl and etcd into DIRECTORY. The first two are built from the modules of
# go.mod, by the Go that it asks for: Debian's is older, and fetches that one as a module. etcd is Debian's, unpacked: its
# package would start a service.
set -euo pipefail
directory=$(realpath "$1") cache=$(realpath -m "$2")
cd "$(dirname "$(readlink -f "$0")")"
export GOMODCACHE=$cache/modules GOCACHE=$cache/build GOTOOLCHAIN=local GOFLAGS=-buildvcs=false CGO_ENABLED=0

release=$(awk '$1 == "toolchain" { print $2 }' go.mod)
kubernetes=$(awk '$1 == "k8s.io/kubernetes" { print $2 }' go.mod)
toolchain=golang.org/toolchain@v0.0.1-$release.linux-$(dpkg --print-architecture)
# Where there is no module around it, an old Go needs no more than a name to fetch one.
(cd / && GO111MODULE=on GOFLAGS=-mod=mod /usr/bin/go mod download "$toolchain")
[ -x "$directory/go/bin/go" ] || {
    cp -r --no-preserve=mode "$GOMODCACHE/$toolchain" "$directory/go"
    chmod -R +x "$directory/go/bin" "$directory/go/pkg/tool"
}

echo "building Kubernetes $kubernetes"
IFS=. read -r major minor _ <<<"${kubernetes#v}"
version=k8s.io/component-base/version
"$directory/go/bin/go" build -mod=readonly -trimpath -o "$directory/" \
    -ldflags "-s -w -X $version.gitVersion=$kubernetes -X $version.gitMajor=$major -X $version.gitMinor=$minor" \
    k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kubectl

echo 'unpacking etcd'
unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
(cd "$unpacked" && apt-get download etcd-server && dpkg -x etcd-server_*.deb .)
cp "$unpacked/usr/bin/etcd" "$directory/"

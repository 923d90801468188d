# Installs what is missing: Debian packages, Kafka's jars, the tests' Python packages. Sourced by ./dev.
# shellcheck shell=bash disable=SC2154  # state and cache are ./dev's

# The Debian of this machine, 12 or 13: anything else is taken for the newer.
# shellcheck source=/dev/null
debian=$(. /etc/os-release && [ "${ID:-}:${VERSION_ID:-}" = debian:12 ] && echo 12 || echo 13)

# packages PURPOSE…: the packages of these purposes in packages.txt, one a line.
packages() {
    local purpose
    for purpose in "$@"; do
        awk -v purpose="$purpose" -v here="$purpose:$debian" '$1 == purpose || $1 == here { for (i = 2; i <= NF; i++) print $i }' \
            tools/dev/packages.txt
    done | sort -u
}

# missing_packages PURPOSE…: those of them that are not installed.
missing_packages() {
    local wanted
    wanted=$(packages "$@")
    command -v dpkg-query >/dev/null || die "this is no Debian: install what these packages hold, by hand:
$wanted"
    # shellcheck disable=SC2086  # one argument a package
    comm -23 <(echo "$wanted") \
        <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

have_stack_packages() {
    [ -z "$(missing_packages stack)" ] || die 'no stack was ever started here: ./dev up installs and starts it'
}

# need_packages PURPOSE…: installs what is missing, through sudo where we are not root.
need_packages() {
    local missing as_root=()
    missing=$(missing_packages "$@" | xargs)
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "these packages are missing, and there is no sudo to install them: $missing"
        sudo -n true 2>/dev/null || [ -t 0 ] || die "these packages are missing, and sudo asks for a password: $missing"
        as_root=(sudo)
        sudo -v
    fi
    say "missing: $missing"
    # shellcheck disable=SC2086  # one argument a package
    logged install 'installing Debian packages' "${as_root[@]}" bash tools/dev/apt.sh $missing
}

# fetched DIRECTORY NAME WHAT COMMAND…: runs the command that fills the directory, once for all stacks of this user.
fetched() {
    local directory=$1 name=$2 what=$3
    shift 3
    [ ! -e "$directory/.complete" ] || return 0
    mkdir -p "$directory"
    # shellcheck disable=SC2016  # expanded by the inner shell
    logged "$name" "$what" flock "$directory" bash -euc \
        '[ -e "$0/.complete" ] || { "$@"; touch "$0/.complete"; }' "$directory" "$@"
}

# need_jars NAME POM WHAT: the jars of a pom.xml, whose place is then in $jars.
need_jars() {
    local name=$1 pom=$2 what=$3
    jars=$cache/$name-$(sha256sum <"$pom" | cut -c1-12)
    fetched "$jars" "$name-jars" "fetching $what from Maven Central" bash -euc "
        mvn -B -f $pom -Dmaven.repo.local='$jars/m2' dependency:copy-dependencies -DincludeScope=runtime \
            -DoutputDirectory='$jars'
        rm -rf '$jars/m2'"
}

# need_kafka: the jars of kafka/pom.xml, whose place is then in LOCKBOX_DEV_KAFKA_JARS.
need_kafka() {
    local jars archive
    need_jars kafka tools/dev/kafka/pom.xml Kafka
    # shellcheck disable=SC2016  # expanded by the inner shell
    archive=$jars/$(/usr/bin/python3 tools/dev/stack/archive.py --name)
    # shellcheck disable=SC2016  # expanded by the inner shell
    [ -e "$archive" ] || logged kafka-archive 'archiving the classes of Kafka' flock "$jars" bash -euc \
        '[ -e "$1" ] || /usr/bin/python3 tools/dev/stack/archive.py "$0"' "$jars" "$archive"
    export LOCKBOX_DEV_KAFKA_JARS=$jars
}

# need_examples: what the programs of examples/ run on. Debian's Go builds them, whichever other is in the PATH.
need_examples() {
    local jars
    need_packages examples
    need_jars examples examples/java/pom.xml 'the jars of the Java examples'
    export LOCKBOX_DEV_EXAMPLE_JARS=$jars LOCKBOX_DEV_EXAMPLE_BINARIES=$state/examples
    logged go-examples 'building the Go examples' env -C examples/go CGO_ENABLED=0 GOFLAGS='-mod=readonly -buildvcs=false' \
        GOMODCACHE="$cache/go/modules" GOCACHE="$cache/go/build" \
        /usr/bin/go build -o "$LOCKBOX_DEV_EXAMPLE_BINARIES/" ./...
    logged java-examples 'compiling the Java examples' \
        "$(/usr/bin/python3 tools/dev/stack/distribution.py java)/javac" -Werror -cp "$jars/*" \
        -d "$LOCKBOX_DEV_EXAMPLE_BINARIES" examples/java/*.java
}

# need_debezium: the jars of tests/debezium/pom.xml, whose place is then in LOCKBOX_DEV_CONNECT_JARS.
need_debezium() {
    local jars
    need_jars connect tests/debezium/pom.xml 'Kafka Connect and Debezium'
    export LOCKBOX_DEV_CONNECT_JARS=$jars
}

# need_http: the jars of deploy/http/pom.xml, whose place is then in LOCKBOX_DEV_HTTP_JARS.
need_http() {
    local jars
    need_jars http deploy/http/pom.xml 'the bridge between HTTP and Kafka'
    export LOCKBOX_DEV_HTTP_JARS=$jars
}

# need_peers: the jars of tests/bench/peers/pom.xml, whose place is then in LOCKBOX_DEV_PEER_JARS.
need_peers() {
    local jars
    need_jars peers tests/bench/peers/pom.xml "Kafka Connect and Debezium's JDBC sink"
    export LOCKBOX_DEV_PEER_JARS=$jars
}

# need_opa: Open Policy Agent, which is then LOCKBOX_DEV_OPA.
need_opa() {
    local opa
    need_packages cluster
    opa=$cache/opa-$(cat tests/bench/peers/opa/go.* tests/bench/peers/opa/build.sh | sha256sum | cut -c1-12)
    fetched "$opa" opa 'building Open Policy Agent, once: some minutes' tests/bench/peers/opa/build.sh "$opa" "$cache/go"
    export LOCKBOX_DEV_OPA=$opa/opa
}

# need_collector: an OpenTelemetry Collector, whose place is then in LOCKBOX_DEV_COLLECTOR.
need_collector() {
    local collector source=tests/authorizer/spans
    need_packages cluster
    collector=$cache/collector-$(cat $source/collector/* $source/build.sh | sha256sum | cut -c1-12)
    fetched "$collector" collector 'building the OpenTelemetry Collector, once: some minutes' $source/build.sh "$collector" "$cache/go"
    export LOCKBOX_DEV_COLLECTOR=$collector/collector
}

# need_proof: a verifier and a witness of transparency logs, out of Go's own modules, whose place is then in
# LOCKBOX_DEV_TRANSLOG.
need_proof() {
    need_packages proof
    export LOCKBOX_DEV_TRANSLOG=$state/translog
    logged go-translog 'building the verifier in Go' env -C tests/proof/go CGO_ENABLED=0 GOFLAGS='-mod=readonly -buildvcs=false' \
        GOMODCACHE="$cache/go/modules" GOCACHE="$cache/go/build" \
        /usr/bin/go build -o "$LOCKBOX_DEV_TRANSLOG" .
}

# need_kubernetes: an API server, kubectl and etcd, whose place is then in LOCKBOX_DEV_KUBERNETES.
need_kubernetes() {
    local kubernetes
    need_packages cluster
    kubernetes=$cache/kubernetes-$(cat tools/dev/cluster/go.* tools/dev/cluster/build.sh | sha256sum | cut -c1-12)
    fetched "$kubernetes" kubernetes 'building the Kubernetes API server, once: some minutes' \
        tools/dev/cluster/build.sh "$kubernetes" "$cache/go"
    export LOCKBOX_DEV_KUBERNETES=$kubernetes
}

# need_clients: an engineer's programs, by client-go and by the Python client, whose place is then in LOCKBOX_DEV_CLIENTS. The Go
# that built the API server builds the one.
need_clients() {
    local clients requirements=tests/cluster/requirements.txt
    need_kubernetes
    clients=$cache/clients-$( (cat tests/cluster/client-go/* "$requirements" && /usr/bin/python3 --version) | sha256sum | cut -c1-12)
    fetched "$clients" clients "building an engineer's programs" bash -euc "
        cd tests/cluster/client-go
        GOTOOLCHAIN=local CGO_ENABLED=0 GOFLAGS='-mod=readonly -buildvcs=false' GOMODCACHE='$cache/go/modules' GOCACHE='$cache/go/build' \\
            '$LOCKBOX_DEV_KUBERNETES/go/bin/go' build -trimpath -o '$clients/client-go' .
        /usr/bin/python3 -m venv '$clients/python'
        '$clients/python/bin/python' -m pip install --no-input --disable-pip-version-check -r '$PWD/$requirements'"
    export LOCKBOX_DEV_CLIENTS=$clients
}

# need_operators: what Strimzi and CloudNativePG have the API server know, whose place is then in LOCKBOX_DEV_CRDS.
need_operators() {
    local crds
    need_packages stack cluster
    crds=$cache/crds-$(cat tests/cluster/operators/* | sha256sum | cut -c1-12)
    fetched "$crds" crds "fetching Strimzi's and CloudNativePG's resources" tests/cluster/operators/build.sh "$crds" "$cache/go"
    export LOCKBOX_DEV_CRDS=$crds
}

# need_helm: Helm from the Go module proxy, whose place is then in $helm; the last that Debian 12's Go builds.
need_helm() {
    local version=v3.11.3
    need_packages cluster
    # shellcheck disable=SC2034  # the caller's
    helm=$cache/helm-$version
    # shellcheck disable=SC2016  # expanded by the inner shell
    fetched "$helm" helm 'building helm' bash -euc \
        'cd /; GOBIN=$0 GOMODCACHE=$2/modules GOCACHE=$2/build go install helm.sh/helm/v3/cmd/helm@$1' "$helm" "$version" "$cache/go"
}

# need_generator: the AsyncAPI generator of tools/docs/, whose place is then in $generator. It runs on Debian's Node.js; one that is
# there already does as well.
need_generator() {
    command -v npm >/dev/null || need_packages docs
    generator=$cache/asyncapi-$(cat tools/docs/package*.json | sha256sum | cut -c1-12)
    fetched "$generator" asyncapi 'fetching the AsyncAPI generator from npm' bash -euc "
        cp tools/docs/package*.json '$generator'
        npm ci --prefix '$generator' --ignore-scripts --no-audit --no-fund"
}

# need_site: the virtual environment of mkdocs, whose place is then in $site.
need_site() {
    need_packages site
    site=$cache/site-$( (cat tools/docs/requirements.txt && /usr/bin/python3 --version) | sha256sum | cut -c1-12)
    fetched "$site" site 'fetching mkdocs' bash -euc "
        /usr/bin/python3 -m venv '$site'
        '$site/bin/python' -m pip install --no-input --disable-pip-version-check -r tools/docs/requirements.txt"
}

# need_portal: the virtual environment of the portal, whose Python is then in LOCKBOX_DEV_PORTAL_PYTHON.
need_portal() {
    local requirements=portal/requirements.txt portal
    need_packages portal
    portal=$cache/portal-$( (cat "$requirements" tests/portal/requirements.txt && /usr/bin/python3 --version) | sha256sum | cut -c1-12)
    fetched "$portal" portal 'fetching the Python packages of the portal' bash -euc "
        /usr/bin/python3 -m venv '$portal'
        '$portal/bin/python' -m pip install --no-input --disable-pip-version-check -r $requirements
        '$portal/bin/python' -m pip install --no-input --disable-pip-version-check --no-deps -r tests/portal/requirements.txt"
    export LOCKBOX_DEV_PORTAL_PYTHON=$portal/bin/python
}

# need_readers: other implementations of WebAuthn, in Node.js and Go, whose place is then in LOCKBOX_DEV_READERS. Node.js comes from
# npm, and Go as a module of its own, where those here are older than they ask for.
need_readers() {
    local readers
    need_packages readers
    command -v npm >/dev/null || need_packages docs
    readers=$cache/readers-$(cat tests/portal/readers.sh tests/portal/go/* tests/portal/node/* | sha256sum | cut -c1-12)
    fetched "$readers" readers 'building other readers of passkeys, once' tests/portal/readers.sh "$readers" "$cache/go"
    export LOCKBOX_DEV_READERS=$readers
}

# need_venv: the virtual environment of requirements.txt, whose place is then in $venv.
need_venv() {
    local requirements=tools/dev/requirements.txt
    venv=$cache/venv-$( (cat "$requirements" && /usr/bin/python3 --version) | sha256sum | cut -c1-12)
    fetched "$venv" venv 'fetching the Python packages of the tests' bash -euc "
        /usr/bin/python3 -m venv '$venv'
        '$venv/bin/python' -m pip install --no-input --disable-pip-version-check -r $requirements"
}

# need_base 12|13: a bare Debian, to build or install on; as root; its place is then in $base.
need_base() {
    local release=$1 suite=bookworm directory
    [ "$release" = 12 ] || suite=trixie
    directory=$cache/debian-$release
    base=$directory/base.tar
    # shellcheck disable=SC2016  # expanded by the inner shell
    fetched "$directory" debootstrap "making a bare Debian $release" bash -euc '
        debootstrap --variant=minbase "$1" "$0/root"
        rm -f "$0"/root/var/cache/apt/archives/*.deb
        tar -C "$0/root" -cf "$0/base.tar" .
        rm -rf "$0/root"' "$directory" "$suite"
}

# bare DIRECTORY: what need_base made, there. It trusts whom this machine trusts.
bare() {
    mkdir -p "$1"
    tar -C "$1" -xf "$base"
    cp /etc/resolv.conf "$1/etc/"
    mkdir -p "$1/usr/local/share/ca-certificates"
    find /usr/local/share/ca-certificates -name '*.crt' -exec cp -t "$1/usr/local/share/ca-certificates" {} +
}

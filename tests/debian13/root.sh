# Debian 13 in a root directory of its own, with all that the build and the tests need. Sourced by ./run, which has lib.sh's and
# install.sh's words; what is made is made again where this file or what it installs changes.
# shellcheck shell=bash disable=SC2154  # repo, state, cache, base are theirs

# within [--net] COMMAND…: in $root, with processes and mounts of its own: when it has ended, nothing of it is left. --net: and a
# loopback of its own.
within() {
    local namespaces=(--mount --pid --fork --kill-child --mount-proc="$root/proc")
    if [ "$1" = --net ]; then
        namespaces+=(--net)
        shift
    fi
    # shellcheck disable=SC2016  # expanded by the inner shell
    unshare "${namespaces[@]}" bash -euc '
        mount --rbind /dev "$0/dev"
        ip link set lo up
        exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TERM=dumb \
            PIP_CERT=/etc/ssl/certs/ca-certificates.crt env -C /src/lockbox "$@"' "$root" "$@"
}

# furnish DIRECTORY: makes DIRECTORY.tar. What this machine's clients fetched is not fetched again: Kafka's jars.
furnish() {
    root=$1
    need_kafka
    need_base 13
    rm -rf "$root"
    bare "$root"
    mkdir -p "$root/src/lockbox" "$root/root/.cache/lockbox"
    cp -r tools "$root/src/lockbox/"
    cp -r "$LOCKBOX_DEV_KAFKA_JARS" "$root/root/.cache/lockbox/"
    rm -f "$root"/root/.cache/lockbox/kafka-*/*.jsa
    # shellcheck disable=SC2016  # expanded by the inner shell
    within bash -euc '
        repo=$PWD state=$PWD/.dev cache=~/.cache/lockbox
        source tools/dev/lib.sh
        source tools/dev/install.sh
        make_state_dir
        need_packages build stack python render shells package
        apt-get install -y --no-install-recommends ca-certificates
        update-ca-certificates
        need_kafka
        need_venv'
    rm -rf "$root/src/lockbox" "$root"/var/cache/apt/archives/*.deb
    tar -C "$root" -cf "$root.tar.new" .
    mv "$root.tar.new" "$root.tar"
    rm -rf "$root"
}

# need_furnished: that directory, packed, whose place is then in $furnished.
need_furnished() {
    local directory
    need_packages stack debian13
    directory=$cache/debian-13-$(cat tools/dev/packages.txt tools/dev/requirements.txt tools/dev/kafka/pom.xml tests/debian13/root.sh | sha256sum | cut -c1-12)
    furnished=$directory/root.tar
    mkdir -p "$directory"
    find "$cache" -maxdepth 1 -name 'debian-13-*' ! -path "$directory" -exec rm -rf {} +
    [ -e "$furnished" ] || (
        flock 9
        [ -e "$furnished" ] || logged debian13 'installing what Debian 13 needs, once: some minutes' "$0" furnish "$directory/root"
    ) 9<"$directory"
}

# A Docker engine of our own, with all its state in one directory. Sourced by ./run.
# shellcheck shell=bash
#
# It runs in its own mount, PID and network namespaces: when it is gone, so are its containers, mounts, bridges and
# listeners, however it ended. Nothing in its network can reach anything else, nor the other way round.

# engine_start DIRECTORY [--with-network]: starts it, and sets engine and DOCKER_HOST. With --with-network it shares this
# machine's network and has no bridge: good for building images, which need packages.
engine_start() {
    local directory=$1 namespaces=(--mount --pid --fork --mount-proc --kill-child) network=()
    mkdir -p "$directory"
    if [ "${2:-}" = --with-network ]; then
        network=(--bridge=none --iptables=false --ip-forward=false)
    else
        namespaces+=(--net)
    fi
    # shellcheck disable=SC2016  # expanded by the inner shell
    unshare "${namespaces[@]}" sh -c 'ip link set lo up; exec "$@"' sh \
        docker-init -- dockerd --data-root "$directory/data" --exec-root "$directory/exec" \
        --pidfile "$directory/engine.pid" --host "unix://$directory/docker.sock" --cgroup-parent "$(basename "$directory")" \
        --storage-driver overlay2 "${network[@]}" >>"$directory/engine.log" 2>&1 &
    engine=$!
    export DOCKER_HOST=unix://$directory/docker.sock
    local deadline=$((SECONDS + 30))
    until docker version >/dev/null 2>&1; do
        if ! kill -0 "$engine" 2>/dev/null || ((SECONDS > deadline)); then
            tail -n 20 "$directory/engine.log" >&2
            echo 'the Docker engine does not start' >&2
            return 1
        fi
        sleep 0.2
    done
}

# engine_stop DIRECTORY: ends the engine and whatever it runs.
engine_stop() {
    local directory=$1 init cgroups
    [ -n "${engine:-}" ] || return 0
    init=$(pgrep -P "$engine" || true)
    [ -z "$init" ] || kill -TERM "$init" || true
    wait "$engine" || true
    engine=
    for cgroups in /sys/fs/cgroup/*/"$(basename "$directory")"; do
        [ ! -d "$cgroups" ] || find "$cgroups" -depth -type d -exec rmdir {} +
    done
}

# in_engines_network COMMAND…: runs it where the containers' published ports are.
in_engines_network() { nsenter --target "$engine" --net -- "$@"; }

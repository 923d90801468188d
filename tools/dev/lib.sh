# What every command uses: messages, help, the state directory, logged steps. Sourced by ./dev.
# shellcheck shell=bash disable=SC2154  # repo and state are ./dev's

say() { printf '%s\n' "$*"; }

die() {
    printf './dev: %s\n' "$*" >&2
    exit 1
}

usage_error() {
    printf './dev: %s (./dev --help lists the commands)\n' "$*" >&2
    exit 2
}

# help [COMMAND]: a command's paragraph of help.txt, or the first line of all.
help() {
    if [ -n "${1:-}" ] && ! [[ $1 == -* ]]; then
        awk -v command="$1" '/^[a-z]/ { on = ($1 == command) } on { print (/^[a-z]/ ? "./dev " : "") $0; found = 1 }
            END { exit !found }' tools/dev/help.txt || usage_error "unknown command: $1"
        return
    fi
    say 'usage: ./dev COMMAND'
    sed -n 's/^[a-z]/  &/p' tools/dev/help.txt
    say "./dev COMMAND --help tells more. All state is in $state (LOCKBOX_DEV_DIR names another place)."
}

# Makes the state directory and marks it as ours, so that `down --wipe` may remove it.
make_state_dir() {
    if [ -d "$state" ] && ! [ -e "$state/.lockbox-dev" ] && [ -n "$(ls -A "$state")" ]; then
        die "$state holds other things: name an empty or new directory in LOCKBOX_DEV_DIR"
    fi
    mkdir -p "$state/log" "$state/run"
    touch "$state/.lockbox-dev"
}

# logged NAME WHAT COMMAND…: runs a step quietly into log/NAME.log. Says so where it takes more than a second;
# shows the end of the log where it fails.
logged() {
    local log=$state/log/$1.log what=$2 started=$SECONDS
    shift 2
    "$@" >"$log" 2>&1 </dev/null &
    local job=$!
    # A step that is quick stays silent.
    for _ in {1..10}; do
        kill -0 "$job" 2>/dev/null || break
        sleep 0.1
    done
    if kill -0 "$job" 2>/dev/null; then
        say "$what (log: $log)"
    fi
    if ! wait "$job"; then
        tail -n 30 "$log" >&2
        die "$what failed; the whole log is $log"
    fi
    if ((SECONDS - started > 1)); then
        say "$what: done after $((SECONDS - started)) s"
    fi
}

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

# known COMMAND ARGUMENT…: refuses an option that the command's paragraph of help.txt does not name (a benchmark's: its program), or
# arguments where it takes none, before anything is installed or built. pytest knows its own.
known() {
    local command=$1 said named argument
    shift
    case $command in pytest | help | -* | '') return ;; esac
    said=$(help "$command")
    named=$(grep -oE '(^|[ [])--?[a-z]+' <<<"$said" | tr -d ' [' || true)
    if [ "$command" = bench ] && [ -e "tests/bench/${1:-}.py" ]; then
        named=$(grep -oE '"--[a-z]+"' "tests/bench/$1.py" | tr -d '"' || true)
    fi
    for argument in "$@"; do
        if [[ $argument == -* ]]; then
            grep -qxF -- "${argument%%=*}" <<<"$named" || usage_error "$command: unknown option: $argument"
        else
            head -n 1 <<<"$said" | grep -qF '[' || usage_error "$command: takes no arguments: $argument"
        fi
    done
}

# Makes the state directory and marks it as ours, so that `down --wipe` may remove it.
make_state_dir() {
    if [ -d "$state" ] && ! [ -e "$state/.lockbox-dev" ] && [ -n "$(ls -A "$state")" ]; then
        die "$state holds other things: name an empty or new directory in LOCKBOX_DEV_DIR"
    fi
    mkdir -p "$state/log" "$state/run"
    touch "$state/.lockbox-dev"
}

# logged NAME WHAT COMMAND…: runs a step quietly into log/NAME.log. A step that takes more than a second says what it
# is, then every ten seconds how far its log has come; one that fails shows the end of its log.
logged() {
    local log=$state/log/$1.log what=$2 started=$SECONDS failed='' reporter
    shift 2
    report_progress "$what" "$log" &
    reporter=$!
    "$@" >"$log" 2>&1 </dev/null || failed=yes
    kill "$reporter"
    wait "$reporter" 2>/dev/null || true
    if [ -n "$failed" ]; then
        tail -n 30 "$log" >&2
        die "$what failed; the whole log is $log"
    fi
    if ((SECONDS - started > 1)); then
        say "$what: done after $((SECONDS - started)) s"
    fi
}

report_progress() {
    # The sleeps let go of our output, so that nobody at the other end of a pipe waits for them.
    sleep 1 >/dev/null 2>&1
    say "$1 (log: $2)"
    while sleep 10 >/dev/null 2>&1; do
        say "    $(tail -n 1 "$2" | tr -d '\r' | cut -c 1-100 | iconv -c -f UTF-8 -t UTF-8)"
    done
}

# counted REPORT: of pytest's JUnit report the line that ./dev test looks for.
counted() {
    python3 - "$1" <<'END'
import sys
import xml.etree.ElementTree as ElementTree
suite = ElementTree.parse(sys.argv[1]).getroot().find("testsuite")
total, failed, errors = (int(suite.get(key)) for key in ("tests", "failures", "errors"))
print(f"{total - failed - errors} passed, {failed + errors} failed")
END
}

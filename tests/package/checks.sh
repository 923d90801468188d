# What Debian packages are asked. Sourced by ./run and by tests/debian13/run, which have a state directory and lib.sh's words.
# shellcheck shell=bash disable=SC2154  # state is theirs

passed=0 failed=0

# expect WHAT COMMAND…: a test.
expect() {
    local what=$1
    shift
    if "$@" >"$state/log/package-test.log" 2>&1; then
        passed=$((passed + 1))
        say "ok    $what"
    else
        failed=$((failed + 1))
        say "FAIL  $what"
        tail -n 20 "$state/log/package-test.log" >&2
    fi
}
refuses() { ! "$@"; }
inside() { chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }

# packages_live ROOT: installs, upgrades and removes the packages of ROOT/packages in the bare Debian that ROOT is.
packages_live() {
    local root=$1 worker
    local names=(lockbox-common lockbox-workers lockbox-notifier lockbox-auditor lockbox-authorizer lockboxctl)
    inside apt-get update >"$state/log/package-apt.log" 2>&1
    # shellcheck disable=SC2016  # expanded by the inner shell
    expect 'they install' inside sh -c 'apt-get install -y --no-install-recommends $(find /packages -name "*.deb" ! -name "*-dbgsym_*")'
    for worker in requester decider expirer relay notifier auditor authorizer; do
        expect "$worker starts" inside "/usr/libexec/lockbox/$worker" --help
    done
    expect 'lockboxctl runs' inside lockboxctl config
    expect 'lockboxctl has its manual page' test -e "$root/usr/share/man/man1/lockboxctl.1.gz"
    expect 'the unit names a program that is there' grep -q '^ExecStart=/usr/libexec/lockbox/%i$' "$root/usr/lib/systemd/system/lockbox@.service"
    expect 'credentials are for root alone' test "$(stat -c %a "$root/etc/lockbox/credentials")" = 700

    echo 'LOCKBOX_LOG_ORIGIN=bank.example/prod' >>"$root/etc/lockbox/lockbox.env"
    echo secret >"$root/etc/lockbox/credentials/relay.database_url"
    # shellcheck disable=SC2016
    expect 'they upgrade' inside sh -c 'apt-get install -y --reinstall $(find /packages -name "*.deb" ! -name "*-dbgsym_*")'
    expect 'an upgrade keeps what the operator wrote' grep -q bank.example "$root/etc/lockbox/lockbox.env"
    expect 'they are removed' inside apt-get remove -y "${names[@]}"
    expect 'no program is left' refuses test -e "$root/usr/libexec/lockbox"
    expect 'settings are kept' test -e "$root/etc/lockbox/lockbox.env"
    expect 'they are purged' inside dpkg --purge lockbox-common
    expect 'an operator'"'"'s credentials outlive even that' test -e "$root/etc/lockbox/credentials/relay.database_url"
    expect 'the settings do not' refuses test -e "$root/etc/lockbox/lockbox.env"
}

#!/usr/bin/env bash
# apt.sh PACKAGE…: installs Debian packages as root, and leaves nothing else behind: no service is started or enabled,
# and postgresql does not make its "main" cluster.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

policy=/usr/sbin/policy-rc.d                             # asked before a package starts its service; 101 forbids it
clusters=/etc/postgresql-common/createcluster.conf
undo=()
leave_as_found() {
    local step
    for step in "${undo[@]}"; do $step; done
}
trap leave_as_found EXIT

install() { apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=600 "$@"; }

is_installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

if ! [ -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    undo+=("rm -f $policy")
fi

apt-get update -o DPkg::Lock::Timeout=600

case " $* " in *' postgresql-15 '*)
    install postgresql-common
    if ! grep -q '^ *create_main_cluster' "$clusters"; then
        pg_conftool "$clusters" set create_main_cluster off
        undo+=("pg_conftool $clusters remove create_main_cluster")
    fi
    ;;
esac

had_supervisor=$(is_installed supervisor && echo yes || echo no)
install "$@"
if [ "$had_supervisor" = no ] && is_installed supervisor && command -v systemctl >/dev/null; then
    systemctl disable --quiet supervisor.service || true
fi

#!/usr/bin/env bash
# apt.sh PACKAGE…: installs Debian packages as root, and leaves nothing else behind: no service is started or enabled,
# and postgresql does not make its "main" cluster.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive PATH=$PATH:/usr/sbin:/sbin

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

case " $* " in *' postgresql-1'[0-9]' '*)
    install postgresql-common
    cp -p "$clusters" "$clusters.before-lockbox"
    undo+=("mv $clusters.before-lockbox $clusters")
    pg_conftool "$clusters" set create_main_cluster off
    ;;
esac

# Without a main.cf there is no mail server of this machine, only the programs.
case " $* " in *' postfix '*)
    [ -e /etc/postfix/main.cf ] ||
        echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
    ;;
esac

had_supervisor=$(is_installed supervisor && echo yes || echo no)
install "$@"
[ "$had_supervisor" = yes ] || ! is_installed supervisor || update-rc.d supervisor disable

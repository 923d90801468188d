#!/usr/bin/env bash
# acls.sh [--dry-run] ARGUMENT… | acls.sh --rules: what each principal of Lockbox may do in Kafka, and nothing else.
# ARGUMENTs go to Kafka's own kafka-acls.sh, and say which brokers and as whom (--bootstrap-server or --bootstrap-controller,
# --command-config); that starts a JVM for each rule, and takes a minute. --rules prints the rules for lockboxctl, which grants
# them in one request, by the LOCKBOX_KAFKA_* settings:
#
#   deploy/kafka/acls.sh --bootstrap-server kafka:9093 --command-config admin.properties
#   deploy/kafka/acls.sh --rules | lockboxctl topics grant
#
# Run it again after a change: what is granted already stays. Brokers must deny what no rule allows, which is their
# default (allow.everyone.if.no.acl.found=false). --dry-run prints the commands.
#
# Environment: KAFKA_ACLS, the command (default kafka-acls.sh); LOCKBOX_TOPIC_PREFIX and LOCKBOX_GROUP_PREFIX as the
# workers have them; PRINCIPALS, in front of every name (default "User:"; with TLS client certificates say, for one,
# "User:CN=").
set -euo pipefail

topics=${LOCKBOX_TOPIC_PREFIX-lockbox.} groups=${LOCKBOX_GROUP_PREFIX-lockbox.}
read -ra kafka_acls <<<"${KAFKA_ACLS:-kafka-acls.sh}"
run=() arguments=()
rules=

usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

usage_error() {
    printf 'acls.sh: %s; see acls.sh --help\n' "$*" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage && exit ;;
        --dry-run) run=(echo) ;;
        --rules) rules=yes ;;
        --bootstrap-server=* | --bootstrap-controller=* | --command-config=*) arguments+=("$1") ;;
        --bootstrap-server | --bootstrap-controller | --command-config)
            [ $# -gt 1 ] || usage_error "$1 takes a value"
            arguments+=("$1" "$2")
            shift
            ;;
        -*) usage_error "unknown option: $1" ;;
        *) usage_error "one argument too many: $1" ;;
    esac
    shift
done
[ -n "$rules" ] || [ ${#arguments[@]} -gt 0 ] || usage_error 'neither --rules nor brokers are named'

# print_rules PRINCIPAL OPERATION… -- WHAT…: a line each: PRINCIPAL OPERATION KIND PATTERN NAME.
print_rules() {
    local principal=${PRINCIPALS-User:}$1 operations=() operation what
    shift
    while [ "$1" != -- ]; do
        operations+=("$1")
        shift
    done
    shift
    for what in "$@"; do
        for operation in "${operations[@]}"; do
            case $what in
                topic=*) echo "$principal $operation topic literal $topics${what#*=}.v1" ;;
                group=*) echo "$principal $operation group literal $groups${what#*=}" ;;
                topics=*) echo "$principal $operation topic prefixed ${what#*=}" ;;
                groups=*) echo "$principal $operation group prefixed ${what#*=}" ;;
                cluster) echo "$principal $operation cluster literal kafka-cluster" ;;
            esac
        done
    done
}

# grant PRINCIPAL OPERATION… -- WHAT…: WHAT is topic=NAME, group=NAME, groups=PREFIX, topics=PREFIX or cluster.
grant() {
    if [ -n "$rules" ]; then
        print_rules "$@"
        return
    fi
    local rule=(--add --force --allow-principal "${PRINCIPALS-User:}$1") what
    shift
    while [ "$1" != -- ]; do
        rule+=(--operation "$1")
        shift
    done
    shift
    for what in "$@"; do
        case $what in
            topic=*) rule+=(--topic "$topics${what#*=}.v1") ;;
            group=*) rule+=(--group "$groups${what#*=}") ;;
            topics=*) rule+=(--resource-pattern-type prefixed --topic "${what#*=}") ;;
            groups=*) rule+=(--resource-pattern-type prefixed --group "${what#*=}") ;;
            cluster) rule+=(--cluster) ;;
        esac
    done
    "${run[@]}" "${kafka_acls[@]}" "${arguments[@]}" "${rule[@]}"
}

# The workers. The expirer speaks to PostgreSQL only.
grant requester Read -- topic=tickets topic=tenants group=requester
grant decider Read -- topic=decisions group=decider
grant notifier Read -- topic=events group=notifier
grant relay Write -- topic=events topic=deadletter
grant auditor Read -- topic=tickets topic=tenants topic=decisions topic=accesses topic=events topic=deadletter \
    topic=checkpoints group=auditor
grant auditor Write -- topic=checkpoints topic=deadletter

# Those around them. Each follows events in groups that begin with its own name.
grant ticketing Write -- topic=tickets
grant portal Write -- topic=tenants topic=decisions
grant enforcement Write -- topic=accesses
grant authorizer Write -- topic=accesses
for reader in ticketing portal; do
    grant "$reader" Read -- topic=events topic=deadletter
    grant "$reader" Read -- "groups=$reader"
done

# People, by lockboxctl. Who writes a topic of input speaks for whoever else writes there: replay and trials are principals
# of their own, to be given to few, and trials to nobody where customers are.
#   operator   topics create, topics check
#   replay     quarantine replay
#   verify     audit verify --kafka, audit monitor --kafka
#   trials     approve, deny, revoke, acknowledge; ticket, tenant, access
grant operator Create Describe DescribeConfigs -- "topics=$topics"
grant operator Describe -- cluster
grant replay Write -- topic=tickets topic=tenants topic=decisions topic=accesses
grant verify Read -- topic=tickets topic=tenants topic=decisions topic=accesses topic=events topic=deadletter topic=checkpoints
grant trials Write -- topic=tickets topic=tenants topic=decisions topic=accesses

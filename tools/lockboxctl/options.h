/* The options of all commands: one list makes the enum, the parser's table and the help. */
#ifndef LOCKBOXCTL_OPTIONS_H
#define LOCKBOXCTL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(id, option, form of the value or NULL for a switch, what it does) */
/* clang-format off */
#define CTL_OPTIONS(X)                                                                             \
    X(OUTPUT, "-o", "table|json|csv", "how rows are printed (table)")                              \
    X(DRY_RUN, "--dry-run", NULL, "say what would be done, and do nothing")                        \
    X(ONLY, "--only", "lockbox|audit", "one of the two databases (both)")                          \
    X(PARTITIONS, "--partitions", "N", "partitions of a topic; checkpoints.v1 always has 1 (8)")   \
    X(REPLICATION, "--replication", "N", "replicas of each partition (3)")                            \
    X(DEV, "--dev", NULL, "one broker is enough: for trying things")                               \
    X(STATE, "--state", "STATE", "in this state, such as customer_notified or deferred")           \
    X(TICKET, "--ticket", "ID", "only requests of this ticket")                                    \
    X(REQUEST, "--request", "ID", "only what is about this request")                                 \
    X(LIMIT, "--limit", "N", "the newest N (50)")                                                  \
    X(BY, "--by", "ID,EMAIL[,NAME]", "who does it: id in the directory, address, name")            \
    X(COMMENT, "--comment", "TEXT", "recorded and published with the decision")                    \
    X(ITEMS, "--items", "N,N", "approve only the items of these numbers (all)")                    \
    X(DURATION, "--duration", "DURATION", "a shorter grant than asked for, such as PT2H")          \
    X(WAIT, "--wait", NULL, "wait for the verdict in the audit store, up to 30 s")                 \
    X(KAFKA, "--kafka", NULL, "compare with Kafka, record by record; of a monitor, read nothing else") \
    X(DETACHED, "--detached", NULL, "records may be missing where the log has their hashes")       \
    X(LEAVES, "--leaves", NULL, "not the columns read from records: several times as fast")     \
    X(TOPIC, "--topic", "TOPIC", "only this topic, as it is named on the broker")                  \
    X(PARTITION, "--partition", "N", "only this partition of it")                                  \
    X(OFFSETS, "--offsets", "FIRST..LAST", "only these offsets of it")                             \
    X(OUT, "--out", "PATH", "the folder, or .tar archive, to write")                               \
    X(TENANT, "--tenant", "ID", "only what is this tenant's")                                       \
    X(MONTH, "--month", "YYYY-MM", "requests that were created in this month (UTC)")               \
    X(FROM, "--from", "TIME", "records that Kafka took at this time or later (RFC 3339)")          \
    X(TO, "--to", "TIME", "and before this")                                                    \
    X(HTML, "--html", NULL, "as one HTML page, which loads nothing")                              \
    X(READER, "--reader", "approver|alternate|engineer", "whom the mail addresses (approver)") \
    X(CHECK, "--check", NULL, "only compare, and change nothing")                                  \
    X(SIGN_WITH, "--sign-with", "KEY", "the approver's private key (PEM, Ed25519), to sign with")  \
    X(REASON, "--reason", "TEXT", "recorded and published with it")                                \
    X(OPEN, "--open", NULL, "only records that nobody replayed or discarded")                      \
    X(PATH, "--path", "PATH", "where the files stand on the API server's machine (/etc/kubernetes/lockbox)") \
    X(AUDIT_POLICY, "--audit-policy", "FILE", "the cluster's own audit policy, to put our rule into")    \
    X(MANIFEST, "--manifest", "FILE", "the API server's manifest, or its command line")               \
    X(ENGINEER, "--engineer", "ID", "who would make the change")                                      \
    X(FILE, "-f", "FILE|-", "the object as it is to be, in JSON")                                     \
    X(PATCH, "--patch", "JSON", "a change of an object that exists")                                  \
    X(TYPE, "--type", "json|merge|strategic|apply", "the patch's type (strategic)")                   \
    X(KIND, "--kind", "KIND", "of the object, with its group, such as Deployment.apps")               \
    X(NAMESPACE, "--namespace", "NAMESPACE", "of the object; none where it is cluster-scoped")         \
    X(NAME, "--name", "NAME", "of the object")                                                        \
    X(CHECKPOINT, "--checkpoint", "FILE", "what it saw last; written anew")                           \
    X(WEBHOOK, "--webhook", "URL", "send each alarm there, as a CloudEvent")                       \
    X(METRICS, "--metrics", "FILE", "how it ended, for Prometheus' textfile collector")               \
    X(WATCH, "--watch", NULL, "print it again whenever it changes, until interrupted")
/* clang-format on */

enum ctl_option {
#define CTL_OPTION_ENUM(id, name, value, what) CTL_##id,
    CTL_OPTIONS(CTL_OPTION_ENUM)
#undef CTL_OPTION_ENUM
        CTL_OPTION_COUNT
};

/* Sets of options. */
#define CTL_OPT(id) (UINT64_C(1) << CTL_##id)
_Static_assert(CTL_OPTION_COUNT <= 64, "a set of options is one word");
#define CTL_OPTIONS_OF_LISTS (CTL_OPT(OUTPUT) | CTL_OPT(LIMIT))

/* An option's name, its value's form (NULL: a switch), and what it does. */
struct ctl_option_info {
    const char *name, *value, *what;
};
extern const struct ctl_option_info ctl_options[CTL_OPTION_COUNT];

static inline bool ctl_option_in(uint64_t set, size_t option) {
    return set & (UINT64_C(1) << option);
}

#endif

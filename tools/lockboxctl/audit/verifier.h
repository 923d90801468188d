/* A verifier checks one log after another, with connections of its own; several run side by side,
 * each in a thread. */
#ifndef LOCKBOXCTL_AUDIT_VERIFIER_H
#define LOCKBOXCTL_AUDIT_VERIFIER_H

#include "findings.h"
#include "io/reader.h"
#include "keys.h"
#include "progress.h"
#include "stored_logs.h"
#include "stream.h"

/* What all verifiers of a run share. */
struct verification {
    struct ctl *ctl;
    struct logs logs;
    struct trusted trusted;
    struct findings findings;
    struct progress progress;
    bool allow_absent;       /* records of months that were detached */
    struct skipped *skipped; /* what operators had stepped over; in the run's arena */
    size_t skipped_count;
    struct accepted *accepted; /* logs that took another one's place; likewise */
    size_t accepted_count;
};

struct accepted {
    const char *topic, *operator_id, *login, *reason;
    int32_t partition;
    int64_t number;
};

struct skipped {
    const char *topic;
    int32_t partition;
    int64_t first, last;
    const char *operator_id, *login, *reason, *at;
};

struct verified_counts {
    uint64_t records, absent, checkpoints;
    uint64_t cosigned,
        unwitnessed; /* checkpoints; leaves behind the last that enough witnesses saw */
    uint64_t kafka_records, kafka_gone; /* compared; in the store, and no longer in Kafka */
};

struct verifier {
    struct verification *shared;
    struct lbx_pg *rows, *hashes; /* one transaction that sees one moment; tiles and checkpoints */
    struct lbx_reader *kafka;     /* NULL: not compared */
    struct stream stream;         /* over rows */
    struct lbx_arena arena;       /* of the log in hand */
    struct verified_counts counts;
    uint64_t unshown;   /* records that progress does not know of yet */
    enum ctl_exit code; /* CTL_DONE as long as database and Kafka answer */
};

#define FIND(verifier, log, offset, ...)                                                           \
    findings_add(&(verifier)->shared->findings, (log)->topic, (log)->partition, (offset),          \
                 __VA_ARGS__)

/* Asks on one of the verifier's connections; false, and the verifier's code tells, where there is
 * no answer. */
bool verifier_ask(struct verifier *verifier, struct lbx_pg *pg, const struct lbx_sql *sql,
                  const void *params);
#define VERIFIER_ASK(verifier, pg, statement, ...)                                                 \
    verifier_ask((verifier), (pg), &sql_##statement,                                               \
                 &(const struct sql_##statement##_params){__VA_ARGS__})

/* Takes each row of offsets [first, behind) in their order. */
void verifier_each_row(struct verifier *verifier, const struct log *log, int64_t first,
                       int64_t behind, void (*take)(void *context, const struct checked *row),
                       void *context);

#endif

/* A verifier checks logs one by one, with its own connections. Several run in parallel, each in
 * a thread. */
#ifndef LOCKBOXCTL_AUDIT_VERIFIER_H
#define LOCKBOXCTL_AUDIT_VERIFIER_H

#include "findings.h"
#include "io/reader.h"
#include "keys.h"
#include "progress.h"
#include "stored_logs.h"
#include "stream.h"

/* Shared by all verifiers of a run. */
struct verification {
    struct ctl *ctl;
    struct logs logs;
    struct trusted trusted;
    struct findings findings;
    struct progress progress;
    bool allow_absent;       /* records of detached months may be missing */
    struct skipped *skipped; /* ranges that operators ordered to skip; in the run's arena */
    size_t skipped_count;
    struct accepted *accepted; /* logs that replaced another; in the run's arena */
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
        unwitnessed; /* checkpoints; leaves behind the last one with enough cosignatures */
    uint64_t kafka_records, kafka_gone; /* records compared; stored ones that Kafka has no more */
};

struct verifier {
    struct verification *shared;
    struct lbx_pg *rows, *hashes; /* for rows; for tiles and checkpoints; one snapshot */
    struct lbx_reader *kafka;     /* NULL: not compared */
    struct stream stream;         /* on rows */
    struct lbx_arena arena;       /* of the current log */
    struct verified_counts counts;
    uint64_t unshown;   /* records not shown by progress yet */
    enum ctl_exit code; /* CTL_DONE until database or Kafka fail */
};

#define FIND(verifier, log, offset, ...)                                                           \
    findings_add(&(verifier)->shared->findings, (log)->topic, (log)->partition, (offset),          \
                 __VA_ARGS__)

/* Queries on one of the verifier's connections. False: no answer; the verifier's code is set. */
bool verifier_ask(struct verifier *verifier, struct lbx_pg *pg, const struct lbx_sql *sql,
                  const void *params);
#define VERIFIER_ASK(verifier, pg, statement, ...)                                                 \
    verifier_ask((verifier), (pg), &sql_##statement,                                               \
                 &(const struct sql_##statement##_params){__VA_ARGS__})

/* Calls take for each row of offsets [first, behind), in order. */
void verifier_each_row(struct verifier *verifier, const struct log *log, int64_t first,
                       int64_t behind, void (*take)(void *context, const struct checked *row),
                       void *context);

#endif

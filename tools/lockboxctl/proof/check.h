/* One log, leaf by leaf: rows, tiles, head and checkpoints against each other. */
#ifndef LOCKBOXCTL_PROOF_CHECK_H
#define LOCKBOXCTL_PROOF_CHECK_H

#include "findings.h"
#include "io/reader.h"
#include "keys.h"
#include "logs.h"
#include "pipeline.h"
#include "progress.h"

/* What all logs of a run share. */
struct verification {
    struct ctl *ctl;
    struct lbx_pg *rows, *hashes; /* one transaction that sees one moment; tiles and checkpoints */
    struct pipeline *pipeline;
    struct lbx_reader *kafka; /* NULL: not compared */
    struct logs logs;
    struct trusted trusted;
    struct findings findings;
    struct progress progress;
    bool allow_absent; /* records of months that were detached */
    uint64_t records, absent, checkpoints;
    uint64_t cosigned,
        unwitnessed; /* checkpoints; leaves behind the last that enough witnesses saw */
    uint64_t kafka_records, kafka_gone; /* compared; in the store, and no longer in Kafka */
};

/* The whole log. Findings are no failure of this. */
enum ctl_exit check_log(struct verification *v, const struct log *log);

/* Offsets [first, behind) of it: their rows against tiles, head and the checkpoint that covers them. */
enum ctl_exit check_range(struct verification *v, const struct log *log, int64_t first,
                          int64_t behind);

#endif

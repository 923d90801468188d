/* The auditor's handler of the consuming part (worker/consume.h). Each record is decoded once,
 * and becomes a row of the store, a leaf of its partition's log, and rows of the read models, in
 * one transaction. signer.h has its checkpoints. */
#ifndef AUDITOR_AUDITOR_H
#define AUDITOR_AUDITOR_H

#include "event/summary.h"
#include "known_heads.h"
#include "logs.h"
#include "models/models.h"
#include "signer.h"
#include "tlog/tree.h"
#include "worker/consume.h"

/* The topics of auditor_part. */
struct auditor_source {
    enum lbx_topic topics[LBX_TOPIC_COUNT + 1]; /* ended by LBX_TOPIC_COUNT */
    int queue_kb;                               /* KB fetched ahead by each lane's client */
};

/* A decoded record. */
struct auditor_entry {
    const struct lbx_record *record;
    struct lbx_event_summary summary;
    struct lbx_event event; /* decoded, if the read models use its topic */
    const char *reason;     /* why it is no valid event; NULL: it is one */
    struct lbx_hash leaf;
};

/* The batch of the current transaction. All memory is in the batch's arena. */
struct auditor_batch {
    const struct lbx_records *records;
    struct auditor_entry *entries; /* one for each record, in order */
    int64_t received_us;
    struct auditor_logs logs;
    bool asked_for_room;
    size_t room_call;
    int64_t room_until_us; /* valid once the batch is committed */
};

/* The state of one lane. */
struct auditor {
    struct lbx_handler handler; /* first member: see auditor_of */
    int64_t room_until_us;      /* until then audit.event has all partitions */
    struct auditor_known_heads known;
    struct auditor_batch batch;
    struct auditor_signer signer;
    /* Parameters of the batch's statements, reused by each batch. */
    struct lbx_pg_arrays asked, old_heads, new_heads, letters, told;
    struct lbx_models models;
    struct lbx_buf copy, scratch;
};

static inline struct auditor *auditor_of(struct lbx_handler *handler) {
    _Static_assert(offsetof(struct auditor, handler) == 0, "one address");
    return (struct auditor *)handler;
}

extern const struct lbx_part auditor_part;

#endif

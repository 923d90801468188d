/* The auditor's handler of the consuming part (worker/consume.h): each record is read once, and
 * becomes a row of the store, a leaf of its partition's log, and whatever the read models make of
 * it, in one transaction. Its checkpoints are signer.h's.
 */
#ifndef AUDITOR_AUDITOR_H
#define AUDITOR_AUDITOR_H

#include "event/summary.h"
#include "known_heads.h"
#include "logs.h"
#include "models/models.h"
#include "signer.h"
#include "tlog/tree.h"
#include "worker/consume.h"

/* What is consumed: the declaration of auditor_part. */
struct auditor_source {
    enum lbx_topic topics[LBX_TOPIC_COUNT + 1]; /* ended by LBX_TOPIC_COUNT */
    int queue_kb;                               /* fetched ahead by the client of each lane */
};

/* A record, read. */
struct auditor_entry {
    const struct lbx_record *record;
    struct lbx_event_summary summary;
    struct lbx_event event; /* where the read models read its topic */
    const char *reason;     /* why it is no event as it should be; NULL: it is */
    struct lbx_hash leaf;
};

/* The batch whose transaction is under way. All memory is of the batch's arena. */
struct auditor_batch {
    const struct lbx_records *records;
    struct auditor_entry *entries; /* one a record, in their order */
    int64_t received_us;
    struct auditor_logs logs;
    bool asked_for_room;
    size_t room_call;
    int64_t room_until_us; /* holds once the batch is committed */
};

/* One lane's. */
struct auditor {
    struct lbx_handler handler; /* stands first: see auditor_of */
    int64_t room_until_us;      /* until then audit.event has room for each day's records */
    struct auditor_known_heads known;
    struct auditor_batch batch;
    struct auditor_signer signer;
    /* What the batch's statements are given; reused from batch to batch. */
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

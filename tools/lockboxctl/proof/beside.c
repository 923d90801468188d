#include "beside.h"

static void gone(const struct beside *b) {
    b->lane->code = ctl_fail(CTL_UNREACHABLE,
                             "Kafka sends nothing of %s/%d: check "
                             "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS",
                             b->log->topic, b->log->partition);
}

static void advance(struct beside *b) {
    enum lbx_err err = lbx_reader_next(b->lane->kafka, &b->record);
    b->has = err == LBX_OK;
    if (err != LBX_OK && err != LBX_ERR_NOT_FOUND)
        gone(b);
}

void beside_begin(struct beside *b, struct lane *lane, const struct log *log) {
    *b = (struct beside){.lane = lane, .log = log};
    if (!lane->kafka || lane->code != CTL_DONE)
        return;
    int64_t behind = 0, head = log->base + (int64_t)log->size;
    enum lbx_err err = lbx_reader_ends(lane->kafka, log->topic, log->partition, &b->first, &behind);
    if (err == LBX_ERR_NOT_FOUND) {
        FIND(lane, log, -1, "Kafka has no such partition");
        b->first = INT64_MAX;
        return;
    }
    /* What came after this run looked at the head is none of its business. */
    if (err == LBX_OK)
        err = lbx_reader_begin(lane->kafka, log->topic, log->partition, b->first,
                               behind < head ? behind : head);
    if (err != LBX_OK)
        gone(b);
    else
        advance(b);
}

void beside_done(struct beside *b) {
    lbx_buf_done(&b->scratch);
}

void beside_before(struct beside *b, int64_t offset) {
    while (b->has && b->record.offset < offset && b->lane->code == CTL_DONE) {
        FIND(b->lane, b->log, b->record.offset, "Kafka has a record here, and the store has none");
        advance(b);
    }
}

void beside_meet(struct beside *b, const struct checked *row) {
    struct lane *lane = b->lane;
    struct lbx_hash hash;
    if (!lane->kafka || lane->code != CTL_DONE)
        return;
    beside_before(b, row->offset);
    if (row->offset < b->first) {
        lane->tally.kafka_gone++;
        return;
    }
    if (!b->has || b->record.offset != row->offset) {
        FIND(lane, b->log, row->offset, "Kafka has no record here, and the store has one");
        return;
    }
    record_leaf_hash(&b->record, &b->scratch, &hash);
    if (!lbx_hash_equal(&hash, &row->computed))
        FIND(lane, b->log, row->offset, "Kafka has another record here");
    lane->tally.kafka_records++;
    advance(b);
}

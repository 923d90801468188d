/* Reads a partition from Kafka in step with the store's rows. A record that only one side has, or
 * that differs, is a finding; if Kafka does not answer, the verifier stops with exit code 3.
 */
#include "kafka_compare.h"

static void gone(const struct kafka_compare *b) {
    b->verifier->code = ctl_fail(CTL_UNREACHABLE,
                                 "Kafka sends nothing of %s/%d: check "
                                 "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS",
                                 b->log->topic, b->log->partition);
}

static void advance(struct kafka_compare *b) {
    enum lbx_err err = lbx_reader_next(b->verifier->kafka, &b->record);
    b->has = err == LBX_OK;
    if (err != LBX_OK && err != LBX_ERR_NOT_FOUND)
        gone(b);
}

void kafka_compare_begin(struct kafka_compare *b, struct verifier *verifier,
                         const struct log *log) {
    *b = (struct kafka_compare){.verifier = verifier, .log = log};
    if (!verifier->kafka || verifier->code != CTL_DONE)
        return;
    int64_t behind = 0, head = log->base + (int64_t)log->size;
    enum lbx_err err =
        lbx_reader_ends(verifier->kafka, log->topic, log->partition, &b->first, &behind);
    if (err == LBX_ERR_NOT_FOUND) {
        FIND(verifier, log, -1, "Kafka has no such partition");
        b->first = INT64_MAX;
        return;
    }
    /* Records that came after the snapshot are not compared: the store's side is read as of the
     * snapshot. */
    if (err == LBX_OK)
        err = lbx_reader_begin(verifier->kafka, log->topic, log->partition, b->first,
                               behind < head ? behind : head);
    if (err != LBX_OK)
        gone(b);
    else
        advance(b);
}

void kafka_compare_done(struct kafka_compare *b) {
    lbx_buf_done(&b->scratch);
}

void kafka_compare_before(struct kafka_compare *b, int64_t offset) {
    while (b->has && b->record.offset < offset && b->verifier->code == CTL_DONE) {
        FIND(b->verifier, b->log, b->record.offset,
             "Kafka has a record here, and the store has none");
        advance(b);
    }
}

void kafka_compare_row(struct kafka_compare *b, const struct checked *row) {
    struct verifier *verifier = b->verifier;
    struct lbx_hash hash;
    if (!verifier->kafka || verifier->code != CTL_DONE)
        return;
    kafka_compare_before(b, row->offset);
    if (row->offset < b->first) {
        verifier->counts.kafka_gone++;
        return;
    }
    if (!b->has || b->record.offset != row->offset) {
        FIND(verifier, b->log, row->offset, "Kafka has no record here, and the store has one");
        return;
    }
    record_leaf_hash(&b->record, &b->scratch, &hash);
    if (!lbx_hash_equal(&hash, &row->computed))
        FIND(verifier, b->log, row->offset, "Kafka has another record here");
    verifier->counts.kafka_records++;
    advance(b);
}

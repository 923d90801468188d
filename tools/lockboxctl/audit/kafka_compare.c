/* Reads a partition from Kafka along with the store's rows. Promises a finding for a record that
 * differs, or that only one side has. Fails with exit code 3 where Kafka does not answer. */
#include "kafka_compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The log's topic, if Kafka still has the log. */
static const char *topic_of(const struct log *log) {
    return lbx_log_topic(log->topic);
}

/* Whether another log replaced this one in Kafka. */
static bool is_replaced(const struct verification *v, const struct log *log) {
    char number[LBX_LOG_NUMBER_SIZE];
    lbx_log_number(log->topic, number);
    for (size_t i = 0; i < v->accepted_count; i++)
        if (v->accepted[i].partition == log->partition &&
            strcmp(v->accepted[i].topic, topic_of(log)) == 0 &&
            v->accepted[i].number > strtoll(number, NULL, 10))
            return true;
    return false;
}

static void gone(const struct kafka_compare *b) {
    char what[320]; /* a topic's name has at most 249 characters */
    snprintf(what, sizeof what, "send records of %s/%d", b->log->topic, b->log->partition);
    b->verifier->code =
        ctl_kafka_failed(b->verifier->shared->ctl->settings.kafka_bootstrap_servers, what);
}

/* The last offset of the range that an operator ordered to skip at this offset; -1: none. */
static int64_t skipped_to(const struct kafka_compare *b, int64_t offset) {
    const struct verification *shared = b->verifier->shared;
    for (size_t i = 0; i < shared->skipped_count; i++) {
        const struct skipped *s = &shared->skipped[i];
        if (s->partition == b->log->partition && s->first <= offset && offset <= s->last &&
            strcmp(s->topic, b->log->topic) == 0)
            return s->last;
    }
    return -1;
}

/* Skips the ordered range, whose records may be unreadable. */
static enum lbx_err step_over(struct kafka_compare *b) {
    int64_t last, from = b->next;
    while ((last = skipped_to(b, b->next)) >= 0)
        b->next = last + 1;
    return b->next == from ? LBX_OK
                           : lbx_reader_begin(b->verifier->kafka, topic_of(b->log),
                                              b->log->partition, b->next, b->behind);
}

static void advance(struct kafka_compare *b) {
    enum lbx_err err = step_over(b);
    if (err == LBX_OK)
        err = lbx_reader_next(b->verifier->kafka, &b->record);
    b->has = err == LBX_OK;
    if (b->has)
        b->next = b->record.offset + 1;
    if (err != LBX_OK && err != LBX_ERR_NOT_FOUND)
        gone(b);
}

void kafka_compare_begin(struct kafka_compare *b, struct verifier *verifier,
                         const struct log *log) {
    *b = (struct kafka_compare){.verifier = verifier, .log = log};
    if (!verifier->kafka || verifier->code != CTL_DONE)
        return;
    if (is_replaced(verifier->shared, log)) {
        b->first = INT64_MAX;
        return;
    }
    int64_t behind = 0, head = log->base + (int64_t)log->size;
    enum lbx_err err =
        lbx_reader_ends(verifier->kafka, topic_of(log), log->partition, &b->first, &behind);
    if (err == LBX_ERR_NOT_FOUND) {
        FIND(verifier, log, -1, "Kafka has no such partition");
        b->first = INT64_MAX;
        return;
    }
    /* Records behind the snapshot are not compared, as the store's rows are those of the
     * snapshot. */
    if (err == LBX_OK)
        err = lbx_reader_begin(verifier->kafka, topic_of(log), log->partition, b->next = b->first,
                               b->behind = behind < head ? behind : head);
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
    b->record.log_name = b->log->topic;
    record_leaf_hash(&b->record, &b->scratch, &hash);
    if (!lbx_hash_equal(&hash, &row->computed))
        FIND(verifier, b->log, row->offset, "Kafka has another record here");
    verifier->counts.kafka_records++;
    advance(b);
}

/* Reads the topic of checkpoints, from the offset to which the store has read it, before the
 * first signature after partitions were taken; a second at a time, so that the lane goes on.
 * Promises the largest signed note of each origin. Fails as Kafka and the database, and starts
 * over. */
#include "last_notes.h"

#include "sql_auditor.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Records before the store's offset that are read again, as another lane may have read them since this process began. */
enum { TAIL = 500, PATIENCE_MS = 4000 };
#define STEP_US LBX_SECOND_US

/* A hash of the claims with their epochs, which change with each take. */
static uint64_t term_of(const struct lbx_records *records) {
    uint64_t term = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < records->claim_count; i++) {
        const struct lbx_claim *claim = &records->claims[i];
        for (const char *at = lbx_claim_log(claim); *at; at++)
            term = (term ^ (unsigned char)*at) * 1099511628211u;
        term = (term ^ (uint64_t)claim->partition) * 1099511628211u;
        term = (term ^ (uint64_t)claim->epoch) * 1099511628211u;
    }
    return term ? term : 1;
}

struct auditor_last_note *auditor_last_note(const struct auditor_last_notes *notes,
                                            const char *origin) {
    for (size_t i = 0; i < notes->count; i++)
        if (strcmp(notes->list[i].checkpoint.origin, origin) == 0)
            return &notes->list[i];
    return NULL;
}

static void keep(struct auditor_last_notes *notes, const struct lbx_record *record,
                 auditor_is_ours_fn *is_ours) {
    struct lbx_note note;
    struct lbx_checkpoint checkpoint;
    if (!record->value || lbx_note_read(record->value, record->value_len, &note) != LBX_OK ||
        lbx_checkpoint_read(&note, &checkpoint) != LBX_OK)
        return;
    struct auditor_last_note *known = auditor_last_note(notes, checkpoint.origin);
    if ((known && known->checkpoint.size >= checkpoint.size) || !is_ours(&note, checkpoint.origin))
        return;
    if (!known) {
        notes->list = lbx_realloc(notes->list, (notes->count + 1) * sizeof *notes->list);
        known = &notes->list[notes->count++];
    }
    *known = (struct auditor_last_note){.checkpoint = checkpoint};
}

/* ---- start offsets ---- */

static void read_position(struct auditor_last_notes *notes, int32_t partition, int64_t next) {
    const size_t needed = (size_t)partition + 1;
    if (needed > notes->from_count) {
        notes->from = lbx_realloc(notes->from, needed * sizeof *notes->from);
        memset(notes->from + notes->from_count, 0,
               (needed - notes->from_count) * sizeof *notes->from);
        notes->from_count = needed;
    }
    notes->from[partition] = next;
}

static enum lbx_err read_positions(struct auditor_last_notes *notes,
                                   const struct lbx_records *records) {
    struct lbx_pg_pipeline calls = {0};
    struct lbx_pg *pg = records->worker->pg;
    LBX_PG_CALL(&calls, auditor_read_to, .consumer = records->group, .topic = notes->topic);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    const size_t count = err == LBX_OK ? lbx_pg_row_count(pg, 0) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct sql_auditor_read_to_answer it = LBX_PG_READ(pg, 0, i, auditor_read_to, NULL);
        read_position(notes, (int32_t)it.partition, it.next_offset);
    }
    lbx_pg_release(pg);
    return err;
}

static enum lbx_err begin(struct auditor_last_notes *notes, const struct lbx_records *records) {
    const struct lbx_settings *settings = &records->worker->settings;
    snprintf(notes->topic, sizeof notes->topic, "%s%s", settings->topic_prefix,
             lbx_topic_name(LBX_TOPIC_CHECKPOINTS));
    enum lbx_err err = read_positions(notes, records);
    if (err == LBX_OK)
        err = lbx_reader_open(settings, records->worker->name, records->group, &notes->reader);
    if (err == LBX_OK)
        lbx_reader_wait(notes->reader, PATIENCE_MS);
    return err;
}

/* ---- partitions ---- */

/* Begins to read a partition. LBX_ERR_NOT_FOUND: it does not exist, so that all were read. */
static enum lbx_err begin_partition(struct auditor_last_notes *notes) {
    const int32_t partition = notes->partition;
    int64_t first, behind;
    enum lbx_err err = lbx_reader_ends(notes->reader, notes->topic, partition, &first, &behind);
    if (err != LBX_OK)
        return err;
    const int64_t read_to = (size_t)partition < notes->from_count ? notes->from[partition] : 0;
    const int64_t from = (read_to < behind ? read_to : behind) - TAIL;
    err = lbx_reader_begin(notes->reader, notes->topic, partition, from > first ? from : first,
                           behind);
    notes->within = err == LBX_OK;
    return err;
}

static enum lbx_err read_on(struct auditor_last_notes *notes, auditor_is_ours_fn *is_ours) {
    struct lbx_record record;
    if (!notes->within)
        return begin_partition(notes);
    enum lbx_err err = lbx_reader_next(notes->reader, &record);
    if (err == LBX_OK)
        keep(notes, &record, is_ours);
    if (err != LBX_ERR_NOT_FOUND)
        return err;
    notes->within = false;
    notes->partition++;
    return LBX_OK;
}

static enum lbx_err read_a_while(struct auditor_last_notes *notes,
                                 const struct lbx_records *records, auditor_is_ours_fn *is_ours) {
    const int64_t until_us = lbx_monotonic_us() + STEP_US;
    enum lbx_err err = notes->reader ? LBX_OK : begin(notes, records);
    while (err == LBX_OK)
        err = lbx_monotonic_us() > until_us || lbx_worker_stopping(records->worker)
                  ? LBX_ERR_LIMIT
                  : read_on(notes, is_ours);
    return err == LBX_ERR_NOT_FOUND ? LBX_OK : err;
}

enum lbx_err auditor_last_notes_read(struct auditor_last_notes *notes,
                                     const struct lbx_records *records,
                                     auditor_is_ours_fn *is_ours) {
    const uint64_t term = term_of(records);
    if (notes->term != term) {
        auditor_last_notes_done(notes);
        notes->term = term;
    }
    if (notes->whole)
        return LBX_OK;
    enum lbx_err err = read_a_while(notes, records, is_ours);
    if (err == LBX_ERR_LIMIT)
        return err;
    notes->whole = err == LBX_OK;
    lbx_reader_close(notes->reader);
    notes->reader = NULL;
    if (err == LBX_OK)
        return LBX_OK;
    auditor_last_notes_done(notes); /* starts over */
    return LBX_ERR_UNAVAILABLE;
}

void auditor_last_notes_done(struct auditor_last_notes *notes) {
    lbx_reader_close(notes->reader);
    free(notes->from);
    free(notes->list);
    *notes = (struct auditor_last_notes){0};
}

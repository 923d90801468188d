/* Compares checkpoints published in Kafka with the table of checkpoints, in batches. Promises a
 * finding, for its log, for each published one that the table lacks. Records without a trusted
 * signature are ignored. Fails with the verifier's exit code. */
#include "published.h"

#include "sql_proof.h"

#include <inttypes.h>
#include <string.h>

void published_init(struct published *published, struct verifier *verifier, const struct log *log) {
    published->verifier = verifier;
    published->log = log;
    published->count = 0;
    lbx_arena_init(&published->arena);
    published->rows = (struct lbx_pg_arrays){0};
}

void published_done(struct published *published) {
    lbx_arena_done(&published->arena);
    lbx_pg_arrays_done(&published->rows);
}

void published_end(struct published *p) {
    struct lbx_pg_pipeline calls = {0};
    struct verifier *verifier = p->verifier;
    if (p->count == 0)
        return;
    LBX_PG_CALL(&calls, proof_unpublished, .p = &p->rows);
    enum lbx_err err = lbx_pg_run(verifier->hashes, &calls);
    if (err != LBX_OK) {
        verifier->code = ctl_statement_failed(&ctl_audit, err);
        return;
    }
    for (size_t row = 0; row < lbx_pg_row_count(verifier->hashes, 0); row++) {
        const struct published_one *one =
            &p->list[LBX_PG_READ(verifier->hashes, 0, row, proof_unpublished, NULL).place];
        FIND(verifier, one->log, one->log->base + (int64_t)one->size - 1,
             "a checkpoint of size %" PRIu64 " was published (%s, offset %" PRId64
             "), and is not in the table as it was",
             one->size, p->log->topic, one->offset);
    }
    lbx_pg_arrays_done(&p->rows);
    lbx_arena_reset(&p->arena);
    p->count = 0;
}

/* Ignores a record that is no checkpoint, or has no trusted signature, as any program with write
 * access to the topic can write such records. */
void published_note(struct published *p, const struct checked *checked) {
    const struct place place = {LBX_TOPIC_CHECKPOINTS, "", 0};
    struct row row;
    const char *wrong;
    struct lbx_note note;
    struct lbx_checkpoint said;
    if (!row_read(&place, checked->bytes, checked->len, false, &p->arena, &row, &wrong) ||
        !row.record.value ||
        lbx_note_read(row.record.value, row.record.value_len, &note) != LBX_OK ||
        lbx_checkpoint_read(&note, &said) != LBX_OK)
        return;
    if (!checkpoint_holds(row.record.value, row.record.value_len, said.origin,
                          &p->verifier->shared->trusted, &note, &said, &wrong))
        return;
    const struct log *log = logs_by_origin(&p->verifier->shared->logs, said.origin);
    if (!log) {
        FIND(p->verifier, p->log, checked->offset,
             "this is a checkpoint of %s, and there is no such log", said.origin);
        return;
    }
    p->list[p->count++] = (struct published_one){log, said.size, checked->offset};
    LBX_PG_ADD(&p->rows, proof_unpublished_p, .topic = log->topic, .partition = log->partition,
               .size = (int64_t)said.size,
               .note = lbx_arena_memdup(&p->arena, row.record.value, row.record.value_len));
    if (p->count == PUBLISHED_AT_ONCE)
        published_end(p);
}

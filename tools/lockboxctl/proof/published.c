#include "published.h"

#include "check.h"
#include "sql_proof.h"

#include <inttypes.h>
#include <string.h>

enum { COLUMNS = 4 };

void published_init(struct published *published, struct verification *v) {
    published->v = v;
    published->count = 0;
    lbx_arena_init(&published->arena);
    lbx_rows_init(&published->rows, COLUMNS);
}

void published_done(struct published *published) {
    lbx_arena_done(&published->arena);
    lbx_rows_done(&published->rows);
}

enum ctl_exit published_end(struct published *p) {
    struct lbx_calls calls = {0};
    struct verification *v = p->v;
    if (p->count == 0)
        return CTL_DONE;
    lbx_rows_call(&p->rows, &calls, &sql_proof_unpublished, 0, NULL);
    enum lbx_err err = lbx_pg_run(v->hashes, &calls);
    if (err != LBX_OK)
        return ctl_statement_failed(&ctl_audit, err);
    for (size_t row = 0; row < lbx_pg_row_count(v->hashes, 0); row++) {
        const struct published_one *one = &p->list[lbx_pg_cell_int(v->hashes, 0, row, 0)];
        findings_add(&v->findings, one->log->topic, one->log->partition,
                     one->log->base + (int64_t)one->size - 1,
                     "a checkpoint of size %" PRIu64 " was published (%s, offset %" PRId64
                     "), and is not in the table as it was",
                     one->size, ctl_topic(v->ctl, LBX_TOPIC_CHECKPOINTS), one->offset);
    }
    lbx_rows_done(&p->rows);
    lbx_rows_init(&p->rows, COLUMNS);
    lbx_arena_reset(&p->arena);
    p->count = 0;
    return CTL_DONE;
}

/* Whoever may write to the topic may write anything: what is no checkpoint of ours, signed by a key that is
 * trusted, says nothing. */
enum ctl_exit published_note(struct published *p, const struct checked *checked) {
    const struct place place = {LBX_TOPIC_CHECKPOINTS, "", 0};
    struct row row;
    const char *wrong;
    struct lbx_note note;
    struct lbx_checkpoint said;
    if (!row_read(&place, checked->bytes, checked->len, &p->arena, &row, &wrong) ||
        !row.record.value ||
        lbx_note_read(row.record.value, row.record.value_len, &note) != LBX_OK ||
        lbx_checkpoint_read(&note, &said) != LBX_OK)
        return CTL_DONE;
    if (!checkpoint_holds(row.record.value, row.record.value_len, said.origin, &p->v->trusted,
                          &note, &said, &wrong))
        return CTL_DONE;
    const struct log *log = logs_by_origin(&p->v->logs, said.origin);
    if (!log) {
        findings_add(&p->v->findings, ctl_topic(p->v->ctl, LBX_TOPIC_CHECKPOINTS), 0,
                     checked->offset, "this is a checkpoint of %s, and there is no such log",
                     said.origin);
        return CTL_DONE;
    }
    p->list[p->count++] = (struct published_one){log, said.size, checked->offset};
    lbx_rows_text(&p->rows, log->topic);
    lbx_rows_int(&p->rows, log->partition);
    lbx_rows_int(&p->rows, (int64_t)said.size);
    lbx_rows_text(&p->rows, lbx_arena_memdup(&p->arena, row.record.value, row.record.value_len));
    return p->count == PUBLISHED_AT_ONCE ? published_end(p) : CTL_DONE;
}

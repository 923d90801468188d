/* Selects records for an export or a report, and a checkpoint for each log that covers them. It
 * waits up to 10 s until the causes of a request's events are stored, and the newest records are
 * signed. Promises to visit each selected record. Fails otherwise. */
#include "evidence.h"

#include "base/clock.h"
#include "models/models.h"
#include "sql_proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { AT_ONCE = 200, AWAIT_S = 10, POLL_MS = 200 };

/* ---- selecting records ---- */

static enum ctl_exit ask_for(struct evidence *e) {
    const struct selection *s = &e->selection;
    const char *checkpoints = ctl_topic(e->ctl, LBX_TOPIC_CHECKPOINTS);
    if (s->request)
        return PROOF_ASK(e->pg, proof_select_request, .request_id = s->request,
                         .events = ctl_topic(e->ctl, LBX_TOPIC_EVENTS), .checkpoints = checkpoints);
    if (s->tenant)
        return PROOF_ASK(e->pg, proof_select_tenant, .tenant_id = s->tenant,
                         .checkpoints = checkpoints);
    return PROOF_ASK(e->pg, proof_select_time, .since = s->from, .until = s->to,
                     .checkpoints = checkpoints);
}

static enum ctl_exit choose(struct evidence *e) {
    enum ctl_exit code = ask_for(e);
    if (code != CTL_DONE)
        return code;
    e->count = lbx_pg_row_count(e->pg, 0);
    if (e->count == 0)
        return ctl_fail(CTL_NO, "the audit store has no such records (yet)");
    free(e->list);
    e->list = lbx_calloc(e->count * sizeof *e->list);
    for (size_t i = 0; i < e->count; i++) {
        /* the answers of all select statements have the same columns */
        const struct sql_proof_select_time_answer it =
            LBX_PG_READ(e->pg, 0, i, proof_select_time, NULL);
        snprintf(e->list[i].topic, sizeof e->list[i].topic, "%s", it.topic);
        e->list[i].partition = (int32_t)it.partition;
        e->list[i].offset = it.offset;
    }
    return CTL_DONE;
}

static enum ctl_exit find_missing(struct evidence *e) {
    struct lbx_arena *arena = &e->ctl->arena;
    e->missing_count = 0;
    if (!e->selection.request || e->logs.narrowed)
        return CTL_DONE;
    enum ctl_exit code = PROOF_ASK(e->pg, proof_missing_causes, .request_id = e->selection.request,
                                   .events = ctl_topic(e->ctl, LBX_TOPIC_EVENTS));
    if (code != CTL_DONE)
        return code;
    e->missing_count = lbx_pg_row_count(e->pg, 0);
    e->missing = LBX_ARENA_ARRAY(arena, const char *, e->missing_count);
    for (size_t i = 0; i < e->missing_count; i++) {
        const struct sql_proof_missing_causes_answer it =
            LBX_PG_READ(e->pg, 0, i, proof_missing_causes, NULL);
        e->missing[i] = lbx_arena_printf(arena, "event %s, the cause of %s", it.cause, it.type);
    }
    return CTL_DONE;
}

/* ---- the checkpoints that cover them ---- */

static struct proving *proving_of(struct evidence *e, const char *topic, int32_t partition) {
    const struct log *log = logs_find(&e->logs, topic, partition);
    return log && log->has_head ? &e->proving[log - e->logs.list] : NULL;
}

static enum ctl_exit with_cosignatures(struct lbx_pg *pg, struct lbx_arena *arena,
                                       struct stored_checkpoint stored, const char **ret_note) {
    struct lbx_buf note LBX_BUF = {0};
    lbx_buf_str(&note, stored.note);
    enum ctl_exit code = PROOF_ASK(pg, proof_cosignatures, .checkpoint = stored.number);
    for (size_t row = 0; code == CTL_DONE && row < lbx_pg_row_count(pg, 0); row++)
        lbx_buf_str(&note, LBX_PG_READ(pg, 0, row, proof_cosignatures, NULL).line);
    *ret_note = lbx_arena_memdup(arena, note.data, note.len);
    return code;
}

static enum ctl_exit newest_witnessed(struct lbx_pg *pg, const struct log *log,
                                      const struct trusted *trusted, struct lbx_arena *arena,
                                      const char **ret_note, uint64_t *ret_size) {
    const char *wrong;
    enum ctl_exit code =
        PROOF_ASK(pg, proof_witnessed, .topic = log->topic, .partition = log->partition,
                  .below = INT64_MAX, .last = INT64_MAX);
    for (size_t row = 0; code == CTL_DONE && row < lbx_pg_row_count(pg, 0); row++) {
        const struct sql_proof_witnessed_answer it = LBX_PG_READ(pg, 0, row, proof_witnessed, NULL);
        struct lbx_note note;
        if (lbx_note_read(it.text, strlen(it.text), &note) != LBX_OK ||
            !quorum_holds(trusted, &note, &wrong))
            continue;
        *ret_note = lbx_arena_strdup(arena, it.text);
        *ret_size = (uint64_t)it.size;
        return CTL_DONE;
    }
    return code;
}

/* A log's newest checkpoint or, with a witness policy, the newest with enough cosignatures. NULL
 * and 0: none. */
static enum ctl_exit checkpoint_to_show(struct lbx_pg *pg, const struct log *log,
                                        const struct trusted *trusted, struct lbx_arena *arena,
                                        const char **ret_note, uint64_t *ret_size) {
    bool any;
    *ret_note = NULL;
    *ret_size = 0;
    if (trusted->policy && trusted->policy->quorum >= 0)
        return newest_witnessed(pg, log, trusted, arena, ret_note, ret_size);
    enum ctl_exit code = checkpoint_newest(pg, log, &any);
    if (code != CTL_DONE || !any)
        return code;
    struct stored_checkpoint stored = checkpoint_at(pg, 0);
    *ret_size = stored.size;
    return with_cosignatures(pg, arena, stored, ret_note);
}

/* Finds a checkpoint for each log, and whether it covers the log's last selected record. */
static enum ctl_exit cover(struct evidence *e, bool *ret_covered) {
    *ret_covered = true;
    e->proving = lbx_calloc((e->logs.count + 1) * sizeof *e->proving);
    for (size_t i = 0; i < e->count; i++) {
        const struct chosen *c = &e->list[i];
        struct proving *p = proving_of(e, c->topic, c->partition);
        if (!p)
            return ctl_fail(CTL_NO, "%s/%d has no log: lockboxctl audit verify", c->topic,
                            c->partition);
        p->records++;
        if (!p->log) {
            p->log = logs_find(&e->logs, c->topic, c->partition);
            log_hashes_init(&p->hashes, e->hashes, p->log);
            enum ctl_exit code =
                checkpoint_to_show(e->pg, p->log, &e->trusted, &e->ctl->arena, &p->note, &p->size);
            if (code != CTL_DONE)
                return code;
        }
        if (c->offset - p->log->base >= (int64_t)p->size)
            *ret_covered = false;
    }
    return CTL_DONE;
}

static void forget(struct evidence *e) {
    for (size_t i = 0; e->proving && i < e->logs.count; i++)
        log_hashes_done(&e->proving[i].hashes);
    free(e->proving);
    e->proving = NULL;
    logs_done(&e->logs);
    e->logs = (struct logs){0};
    lbx_pg_rollback(e->pg);
}

static enum ctl_exit look(struct evidence *e, bool *ret_covered) {
    *ret_covered = false;
    enum ctl_exit code = logs_load(e->ctl, e->pg, &e->logs);
    if (code == CTL_DONE)
        code = choose(e);
    if (code == CTL_DONE)
        code = find_missing(e);
    return code == CTL_DONE ? cover(e, ret_covered) : code;
}

static enum ctl_exit not_covered(const struct evidence *e) {
    return ctl_fail(CTL_NO, "some of these records are under no checkpoint%s (yet): %s",
                    e->trusted.policy ? " with enough witnesses" : "",
                    e->trusted.policy ? "lockboxctl audit witness asks them"
                                      : "does the auditor sign (LOCKBOX_CHECKPOINT_KEY_FILE)?");
}

/* Waits for the auditor to store missing causes and to sign the newest records, up to a deadline. */
static enum ctl_exit prepare(struct evidence *e) {
    int64_t deadline = lbx_monotonic_us() + AWAIT_S * LBX_SECOND_US;
    for (bool has_told = false;; usleep(POLL_MS * 1000)) {
        bool covered;
        enum ctl_exit code = look(e, &covered);
        if (code != CTL_DONE || (covered && e->missing_count == 0))
            return code;
        if (lbx_monotonic_us() > deadline)
            return covered ? CTL_DONE : not_covered(e);
        if (e->missing_count && !has_told)
            fprintf(stderr, "lockboxctl: waiting for the audit store: %s\n", e->missing[0]);
        has_told |= e->missing_count > 0;
        forget(e);
    }
}

enum ctl_exit evidence_complete(const struct evidence *e) {
    if (e->logs.narrowed)
        fprintf(
            stderr,
            "lockboxctl: this login sees one tenant's records: events of tickets and portals that name no "
            "tenant are not among them\n");
    for (size_t i = 0; i < e->missing_count; i++)
        ctl_fail(CTL_NO, "not in the audit store: %s", e->missing[i]);
    return e->missing_count ? CTL_NO : CTL_DONE;
}

/* ---- records ---- */

/* The record of an answer's row; in the arena. */
static bool record_of(struct evidence *e, size_t row, struct lbx_record *ret_record) {
    const struct sql_proof_records_answer it = LBX_PG_READ(e->pg, 0, row, proof_records, &e->arena);
    struct lbx_header *headers;
    *ret_record = LBX_STORED_RECORD(it);
    if (lbx_record_headers_decode(it.headers.data, it.headers.len, &e->arena, &headers,
                                  &ret_record->header_count) != LBX_OK)
        return false;
    ret_record->headers = headers;
    return true;
}

static enum ctl_exit not_asked_for(void) {
    return ctl_fail(CTL_NO, "the audit store gave a record that was not asked for");
}

static enum ctl_exit visit_row(struct evidence *e, size_t row, evidence_visit *visit,
                               void *context) {
    struct lbx_record record;
    lbx_arena_reset(&e->arena);
    if (!record_of(e, row, &record))
        return ctl_fail(CTL_NO, "%s/%d offset %" PRId64 " is damaged: lockboxctl audit verify",
                        record.topic_name, record.partition, record.offset);
    record.topic = lbx_topic_of(record.topic_name, NULL);
    struct proving *proving = proving_of(e, record.topic_name, record.partition);
    return proving ? visit(context, e, &record, proving) : not_asked_for();
}

/* Visits the selected records [first, first + count). */
static enum ctl_exit visit_page(struct evidence *e, size_t first, size_t count,
                                evidence_visit *visit, void *context) {
    struct lbx_pg_arrays rows LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    struct lbx_pg_pipeline calls = {0};
    for (size_t i = first; i < first + count; i++)
        LBX_PG_ADD(&rows, proof_records_wanted, .topic = e->list[i].topic,
                   .partition = e->list[i].partition, .offset = e->list[i].offset);
    LBX_PG_CALL(&calls, proof_records, .wanted = &rows);
    enum lbx_err err = lbx_pg_run(e->pg, &calls);
    enum ctl_exit code = err == LBX_OK ? CTL_DONE : ctl_statement_failed(&ctl_audit, err);
    if (code == CTL_DONE && lbx_pg_row_count(e->pg, 0) > count)
        code = not_asked_for();
    for (size_t row = 0; code == CTL_DONE && row < lbx_pg_row_count(e->pg, 0); row++)
        code = visit_row(e, row, visit, context);
    return code;
}

enum ctl_exit evidence_each(struct evidence *e, evidence_visit *visit, void *context) {
    enum ctl_exit code = CTL_DONE;
    for (size_t at = 0; code == CTL_DONE && at < e->count; at += AT_ONCE)
        code = visit_page(e, at, e->count - at < AT_ONCE ? e->count - at : AT_ONCE, visit, context);
    return code;
}

/* ---- beginning and end ---- */

enum ctl_exit evidence_open(struct evidence *e, struct ctl *ctl,
                            const struct selection *selection) {
    *e = (struct evidence){.ctl = ctl, .selection = *selection};
    lbx_arena_init(&e->arena);
    enum ctl_exit code = trusted_load(ctl, &e->trusted);
    if (code == CTL_DONE)
        code = proof_connect(ctl, &e->pg);
    if (code == CTL_DONE)
        code = proof_connect(ctl, &e->hashes);
    return code == CTL_DONE ? prepare(e) : code;
}

void evidence_done(struct evidence *e) {
    for (size_t i = 0; e->proving && i < e->logs.count; i++)
        log_hashes_done(&e->proving[i].hashes);
    free(e->proving);
    free(e->list);
    logs_done(&e->logs);
    trusted_done(&e->trusted);
    lbx_pg_close(e->pg);
    lbx_pg_close(e->hashes);
    lbx_arena_done(&e->arena);
}

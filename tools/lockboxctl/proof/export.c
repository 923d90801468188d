/* audit export: records, each with its proof, and the keys: all that a verifier elsewhere needs. docs/transparency.md
 * describes the files.
 */
#include "export.h"

#include "base/clock.h"
#include "event/time.h"
#include "pack.h"
#include "prove.h"
#include "sql_proof.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { AT_ONCE = 200, AWAIT_S = 10, POLL_MS = 200 };

static const char readme[] =
    "Records of Lockbox's audit store, each with the proof that it stands in the store's transparency log.\n"
    "\n"
    "  manifest.json              what was asked for, and what is here\n"
    "  vkeys.txt                  the public keys that the checkpoints are signed with\n"
    "  checkpoints/T/P.txt        the signed head of the log of topic T, partition P (C2SP tlog-checkpoint)\n"
    "  records/T/P/N.leaf         the record at offset N: topic, partition, offset, time, key, headers, value\n"
    "  records/T/P/N.tlog-proof   its proof (C2SP tlog-proof)\n"
    "\n"
    "lockboxctl audit verify PATH checks all of it, as does verify_export.py of Lockbox's documentation. Both prove\n"
    "as much as you trust the keys: compare vkeys.txt with what you were given before.\n";

struct chosen {
    char topic[256];
    int32_t partition;
    int64_t offset;
};

/* A log, the checkpoint that its records are proved by, and whoever computes the proofs. */
struct proving {
    const struct log *log;
    const char *note;
    uint64_t size;
    size_t records;
    struct log_hashes hashes;
};

struct export {
    struct ctl *ctl;
    struct lbx_pg *pg, *hashes; /* what is exported, as of one moment; what proves it */
    struct logs logs;
    struct trusted trusted;
    struct chosen *list;
    size_t count;
    struct proving *proving; /* as many as logs */
    struct pack pack;
    struct lbx_arena arena; /* of a page of records */
};

static void export_done(struct export *e) {
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

/* ---- which records ---- */

static enum ctl_exit ask_for(struct export *e) {
    struct ctl *ctl = e->ctl;
    const char *const *options = ctl->options;
    const char *checkpoints = ctl_topic(ctl, LBX_TOPIC_CHECKPOINTS);
    if (options[CTL_REQUEST])
        return PROOF_ASK(e->pg, &sql_proof_select_request, options[CTL_REQUEST],
                         ctl_topic(ctl, LBX_TOPIC_EVENTS), checkpoints);
    if (options[CTL_TENANT])
        return PROOF_ASK(e->pg, &sql_proof_select_tenant, options[CTL_TENANT], checkpoints);
    return PROOF_ASK(e->pg, &sql_proof_select_time, options[CTL_FROM], options[CTL_TO],
                     checkpoints);
}

static enum ctl_exit choose(struct export *e) {
    enum ctl_exit code = ask_for(e);
    if (code != CTL_DONE)
        return code;
    e->count = lbx_pg_row_count(e->pg, 0);
    if (e->count == 0)
        return ctl_fail(CTL_NO, "the audit store has no such records (yet)");
    free(e->list);
    e->list = calloc(e->count, sizeof *e->list);
    if (!e->list)
        abort();
    for (size_t i = 0; i < e->count; i++) {
        snprintf(e->list[i].topic, sizeof e->list[i].topic, "%s", lbx_pg_cell(e->pg, 0, i, 0));
        e->list[i].partition = (int32_t)lbx_pg_cell_int(e->pg, 0, i, 1);
        e->list[i].offset = lbx_pg_cell_int(e->pg, 0, i, 2);
    }
    return CTL_DONE;
}

/* ---- the checkpoints that cover them ---- */

static struct proving *proving_of(struct export *e, const char *topic, int32_t partition) {
    const struct log *log = logs_find(&e->logs, topic, partition);
    return log && log->has_head ? &e->proving[log - e->logs.list] : NULL;
}

static enum ctl_exit with_cosignatures(struct lbx_pg *pg, struct lbx_arena *arena,
                                       struct stored_checkpoint stored, const char **ret_note) {
    struct lbx_buf note LBX_BUF = {0};
    lbx_buf_str(&note, stored.note);
    enum ctl_exit code = PROOF_ASK(pg, &sql_proof_cosignatures, number_text(arena, stored.number));
    for (size_t row = 0; code == CTL_DONE && row < lbx_pg_row_count(pg, 0); row++)
        lbx_buf_str(&note, lbx_pg_cell(pg, 0, row, 0));
    *ret_note = lbx_arena_memdup(arena, note.data, note.len);
    return code;
}

static enum ctl_exit newest_witnessed(struct lbx_pg *pg, const struct log *log,
                                      const struct trusted *trusted, struct lbx_arena *arena,
                                      const char **ret_note, uint64_t *ret_size) {
    const char *wrong;
    enum ctl_exit code =
        PROOF_ASK(pg, &sql_proof_witnessed, log->topic, number_text(arena, log->partition),
                  number_text(arena, INT64_MAX), number_text(arena, INT64_MAX));
    for (size_t row = 0; code == CTL_DONE && row < lbx_pg_row_count(pg, 0); row++) {
        const char *text = lbx_pg_cell(pg, 0, row, 2);
        struct lbx_note note;
        if (lbx_note_read(text, strlen(text), &note) != LBX_OK ||
            !quorum_holds(trusted, &note, &wrong))
            continue;
        *ret_note = lbx_arena_strdup(arena, text);
        *ret_size = (uint64_t)lbx_pg_cell_int(pg, 0, row, 1);
        return CTL_DONE;
    }
    return code;
}

enum ctl_exit checkpoint_to_show(struct lbx_pg *pg, const struct log *log,
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

/* Records stand by log and offset: the last of a log decides. */
static enum ctl_exit cover(struct export *e, bool *ret_covered) {
    *ret_covered = true;
    e->proving = calloc(e->logs.count + 1, sizeof *e->proving);
    if (!e->proving)
        abort();
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

static void forget(struct export *e) {
    for (size_t i = 0; e->proving && i < e->logs.count; i++)
        log_hashes_done(&e->proving[i].hashes);
    free(e->proving);
    e->proving = NULL;
    logs_done(&e->logs);
    e->logs = (struct logs){0};
    lbx_pg_rollback(e->pg);
}

/* What came a moment ago is signed in a moment. */
static enum ctl_exit prepare(struct export *e) {
    int64_t deadline = lbx_monotonic_us() + AWAIT_S * LBX_SECOND_US;
    for (;;) {
        bool covered = false;
        enum ctl_exit code = logs_load(e->ctl, e->pg, &e->logs);
        if (code == CTL_DONE)
            code = choose(e);
        if (code == CTL_DONE)
            code = cover(e, &covered);
        if (code != CTL_DONE || covered)
            return code;
        if (lbx_monotonic_us() > deadline)
            return ctl_fail(CTL_NO, "some of these records are under no checkpoint%s (yet): %s",
                            e->trusted.policy ? " with enough witnesses" : "",
                            e->trusted.policy
                                ? "lockboxctl audit witness asks them"
                                : "does the auditor sign (LOCKBOX_CHECKPOINT_KEY_FILE)?");
        forget(e);
        usleep(POLL_MS * 1000);
    }
}

/* ---- files ---- */

static bool add_text(struct export *e, const char *name, const struct lbx_buf *text) {
    return pack_add(&e->pack, name, text->data ? text->data : "", text->len);
}

static void json_text(struct lbx_buf *out, const char *name, const char *text) {
    lbx_buf_printf(out, "\"%s\": ", name);
    lbx_buf_json_str(out, text, strlen(text));
}

static void put_selection(const struct ctl *ctl, struct lbx_buf *out) {
    static const struct {
        enum ctl_option option;
        const char *name;
    } parts[] = {
        {CTL_REQUEST, "request_id"}, {CTL_TENANT, "tenant_id"}, {CTL_FROM, "from"}, {CTL_TO, "to"}};
    const char *comma = "";
    lbx_buf_str(out, "  \"selection\": {");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (ctl->options[parts[i].option]) {
            lbx_buf_str(out, comma);
            json_text(out, parts[i].name, ctl->options[parts[i].option]);
            comma = ", ";
        }
    lbx_buf_str(out, "},\n");
}

static void put_logs(const struct export *e, struct lbx_buf *out) {
    const char *comma = "";
    lbx_buf_str(out, "  \"logs\": [");
    for (size_t i = 0; i < e->logs.count; i++) {
        const struct proving *p = &e->proving[i];
        if (!p->log)
            continue;
        lbx_buf_printf(out, "%s\n    {", comma);
        json_text(out, "topic", p->log->topic);
        lbx_buf_printf(out, ", \"partition\": %d, \"base\": %" PRId64 ", ", p->log->partition,
                       p->log->base);
        json_text(out, "origin", p->log->origin);
        lbx_buf_printf(out, ", \"size\": %" PRIu64 ", \"records\": %zu}", p->size, p->records);
        comma = ",";
    }
    lbx_buf_str(out, "\n  ]\n");
}

static bool add_manifest(struct export *e) {
    struct lbx_buf out LBX_BUF = {0};
    char at[LBX_TIME_SIZE];
    lbx_time_format(lbx_realtime_us(), at);
    lbx_buf_printf(&out, "{\n  \"format\": \"lockbox-export/1\",\n  \"made_at\": \"%s\",\n  ", at);
    json_text(&out, "origin", e->ctl->settings.log_origin);
    lbx_buf_str(&out, ",\n");
    put_selection(e->ctl, &out);
    lbx_buf_printf(&out, "  \"records\": %zu,\n", e->count);
    put_logs(e, &out);
    lbx_buf_str(&out, "}\n");
    return add_text(e, "manifest.json", &out);
}

static bool add_checkpoints(struct export *e) {
    struct lbx_buf vkeys LBX_BUF = {0};
    for (size_t i = 0; i < e->logs.count; i++) {
        const struct proving *p = &e->proving[i];
        char name[320];
        if (!p->log)
            continue;
        put_vkeys(&e->trusted, p->log, &vkeys);
        snprintf(name, sizeof name, "checkpoints/%s/%d.txt", p->log->topic, p->log->partition);
        if (!pack_add(&e->pack, name, p->note, strlen(p->note)))
            return false;
    }
    return add_text(e, "vkeys.txt", &vkeys);
}

/* The record of the answer's row; in the arena. */
static bool record_of(struct export *e, size_t row, struct lbx_record *ret_record) {
    const struct lbx_pg *pg = e->pg;
    struct lbx_header *headers;
    size_t len;
    *ret_record = (struct lbx_record){
        .topic_name = lbx_pg_cell(pg, 0, row, 0),
        .partition = (int32_t)lbx_pg_cell_int(pg, 0, row, 1),
        .offset = lbx_pg_cell_int(pg, 0, row, 2),
        .timestamp_ms = lbx_pg_cell_int(pg, 0, row, 3),
    };
    ret_record->key = lbx_pg_cell_bytes(pg, 0, row, 4, &e->arena, &ret_record->key_len);
    const void *bytes = lbx_pg_cell_bytes(pg, 0, row, 5, &e->arena, &len);
    ret_record->value = lbx_pg_cell_bytes(pg, 0, row, 6, &e->arena, &ret_record->value_len);
    if (lbx_record_headers_decode(bytes, len, &e->arena, &headers, &ret_record->header_count) !=
        LBX_OK)
        return false;
    ret_record->headers = headers;
    return true;
}

static enum ctl_exit add_record(struct export *e, size_t row) {
    struct lbx_buf leaf LBX_BUF = {0}, proof LBX_BUF = {0};
    struct lbx_record record;
    char name[352];
    lbx_arena_reset(&e->arena);
    if (!record_of(e, row, &record))
        return ctl_fail(CTL_NO, "%s/%d offset %" PRId64 " is damaged: lockboxctl audit verify",
                        record.topic_name, record.partition, record.offset);
    struct proving *p = proving_of(e, record.topic_name, record.partition);
    lbx_record_leaf(&record, &leaf);
    enum ctl_exit code =
        prove(&p->hashes, (uint64_t)(record.offset - p->log->base), p->note, p->size, &proof);
    int stem = snprintf(name, sizeof name, "records/%s/%d/%020" PRId64, record.topic_name,
                        record.partition, record.offset);
    snprintf(name + stem, sizeof name - (size_t)stem, ".leaf");
    if (code != CTL_DONE || !add_text(e, name, &leaf))
        return code == CTL_DONE ? CTL_NO : code;
    snprintf(name + stem, sizeof name - (size_t)stem, ".tlog-proof");
    return add_text(e, name, &proof) ? CTL_DONE : CTL_NO;
}

/* [first, first + count) of those chosen. */
static enum ctl_exit add_page(struct export *e, size_t first, size_t count) {
    struct lbx_rows rows LBX_CLEANUP(lbx_rows_done);
    struct lbx_calls calls = {0};
    lbx_rows_init(&rows, 3);
    for (size_t i = first; i < first + count; i++) {
        lbx_rows_text(&rows, e->list[i].topic);
        lbx_rows_int(&rows, e->list[i].partition);
        lbx_rows_int(&rows, e->list[i].offset);
    }
    lbx_rows_call(&rows, &calls, &sql_proof_records, 0, NULL);
    enum lbx_err err = lbx_pg_run(e->pg, &calls);
    enum ctl_exit code = err == LBX_OK ? CTL_DONE : ctl_statement_failed(&ctl_audit, err);
    for (size_t row = 0; code == CTL_DONE && row < lbx_pg_row_count(e->pg, 0); row++)
        code = add_record(e, row);
    return code;
}

static enum ctl_exit write_all(struct export *e) {
    static const struct lbx_buf about = {.data = (char *)readme, .len = sizeof readme - 1};
    enum ctl_exit code = CTL_DONE;
    if (!pack_begin(&e->pack, e->ctl->options[CTL_OUT]))
        return CTL_NO;
    if (!add_text(e, "README.txt", &about) || !add_manifest(e) || !add_checkpoints(e))
        code = CTL_NO;
    for (size_t at = 0; code == CTL_DONE && at < e->count; at += AT_ONCE)
        code = add_page(e, at, e->count - at < AT_ONCE ? e->count - at : AT_ONCE);
    return pack_end(&e->pack) || code != CTL_DONE ? code : CTL_NO;
}

/* ---- the command ---- */

static enum ctl_exit check_selection(const struct ctl *ctl) {
    const char *const *o = ctl->options;
    int chosen = (o[CTL_REQUEST] != NULL) + (o[CTL_TENANT] != NULL) + (o[CTL_FROM] || o[CTL_TO]);
    int64_t at;
    if (chosen != 1 || !o[CTL_FROM] != !o[CTL_TO])
        return ctl_fail(CTL_USAGE,
                        "say which records: --request ID, --tenant ID, or --from TIME --to TIME");
    if (o[CTL_REQUEST] && !ctl_request_id_is_valid(o[CTL_REQUEST]))
        return CTL_USAGE;
    if (o[CTL_FROM] &&
        (lbx_time_parse(o[CTL_FROM], &at) != LBX_OK || lbx_time_parse(o[CTL_TO], &at) != LBX_OK))
        return ctl_fail(CTL_USAGE, "--from and --to take times such as 2026-11-25T08:00:00Z");
    return CTL_DONE;
}

enum ctl_exit ctl_audit_export(struct ctl *ctl) {
    struct export e LBX_CLEANUP(export_done) = {.ctl = ctl};
    lbx_arena_init(&e.arena);
    enum ctl_exit code = check_selection(ctl);
    if (code == CTL_DONE)
        code = trusted_load(ctl, &e.trusted);
    if (code == CTL_DONE)
        code = proof_connect(ctl, &e.pg);
    if (code == CTL_DONE)
        code = proof_connect(ctl, &e.hashes);
    if (code == CTL_DONE)
        code = prepare(&e);
    if (code == CTL_DONE)
        code = write_all(&e);
    if (code == CTL_DONE)
        printf("%zu records\n", e.count);
    return code;
}

/* audit witness: sends each log's newest checkpoint to the policy's witnesses (C2SP
 * tlog-witness) with a consistency proof, and stores their cosignatures. Fails with exit code 1
 * where a witness refuses: it may have seen another log with this name. */
#include "commands.h"

#include "base/clock.h"
#include "io/fetch.h"
#include "keys.h"
#include "sql_proof.h"
#include "stored_logs.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ANSWER_MAX = 64 * 1024, TIMEOUT_S = 30, HTTP_OK = 200, HTTP_CONFLICT = 409 };

struct asking {
    struct ctl *ctl;
    struct lbx_pg *pg, *hashes;
    struct logs logs;
    struct trusted trusted;
    struct ctl_rows rows;
    enum ctl_exit worst;
};

/* A log with one witness. */
struct pair {
    const struct log *log;
    const struct lbx_policy_member *witness;
    int64_t number;
    struct lbx_checkpoint checkpoint;
    struct lbx_note note;
    const char *text;
    struct log_hashes *hashes;
};

static void asking_done(struct asking *a) {
    ctl_rows_done(&a->rows);
    logs_done(&a->logs);
    trusted_done(&a->trusted);
    lbx_pg_close(a->pg);
    lbx_pg_close(a->hashes);
}

static void report(struct asking *a, const struct pair *pair, enum ctl_exit code,
                   const char *outcome) {
    struct lbx_arena *arena = &a->ctl->arena;
    const char *cells[] = {pair->log->topic, lbx_arena_printf(arena, "%d", pair->log->partition),
                           pair->witness->name,
                           lbx_arena_printf(arena, "%" PRIu64, pair->checkpoint.size), outcome};
    ctl_rows_add(&a->rows, cells);
    if (code > a->worst)
        a->worst = code;
}

/* ---- the request ---- */

static bool put_request(const struct pair *pair, uint64_t old_size, struct lbx_buf *out) {
    struct lbx_proof proof;
    if (lbx_tree_consistency(&pair->hashes->source, old_size, pair->checkpoint.size, &proof) !=
        LBX_OK)
        return false;
    lbx_buf_printf(out, "old %" PRIu64 "\n", old_size);
    for (size_t i = 0; i < proof.count; i++) {
        lbx_hash_write(&proof.hashes[i], out);
        lbx_buf_char(out, '\n');
    }
    lbx_buf_char(out, '\n');
    lbx_buf_str(out, pair->text);
    return true;
}

/* ---- the answer ---- */

/* Stores a line if the witness's key signed it. Other lines are ignored, as the protocol says. */
static enum ctl_exit store_line(struct asking *a, const struct pair *pair, const char *line,
                                size_t len, bool *ret_stored) {
    struct lbx_note_signature signature;
    struct lbx_arena *arena = &a->ctl->arena;
    const struct lbx_verifier *by = &pair->witness->verifier;
    uint64_t at;
    if (lbx_note_signature_read(line, len, &signature) != LBX_OK ||
        lbx_note_signature_verify(&signature, pair->note.text, pair->note.text_len, by, &at) !=
            LBX_OK)
        return CTL_DONE;
    enum ctl_exit code =
        PROOF_ASK(a->pg, proof_insert_cosignature, .checkpoint = pair->number, .witness = by->name,
                  .key_id = lbx_arena_printf(arena, "%08x", by->key_id), .at_s = (int64_t)at,
                  .line = lbx_arena_memdup(arena, line, len));
    *ret_stored = code == CTL_DONE;
    return code;
}

static void take_signatures(struct asking *a, const struct pair *pair, const struct lbx_buf *body) {
    const char *at = body->data ? body->data : "", *end = at + body->len;
    bool stored = false;
    enum ctl_exit code = CTL_DONE;
    while (code == CTL_DONE && at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = newline ? (size_t)(newline - at) + 1 : (size_t)(end - at);
        code = store_line(a, pair, at, len, &stored);
        at += len;
    }
    if (code != CTL_DONE)
        report(a, pair, code, "cosigned, and not stored");
    else if (stored)
        report(a, pair, CTL_DONE, "cosigned");
    else
        report(a, pair, CTL_NO, "its answer holds no signature of its key");
}

static void take_refusal(struct asking *a, const struct pair *pair, long status) {
    static const struct {
        long status;
        const char *means;
    } known[] = {
        {400, "it does not understand the request (400)"},
        {403, "it does not trust the key that signed this (403)"},
        {404, "it does not know this log (404)"},
        {422, "it saw another log under this name: ours does not continue it (422)"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].status == status) {
            report(a, pair, CTL_NO, known[i].means);
            return;
        }
    report(a, pair, status >= 500 ? CTL_UNREACHABLE : CTL_NO,
           lbx_arena_printf(&a->ctl->arena, "it answers HTTP %ld", status));
}

static bool read_size(const struct lbx_buf *body, uint64_t *ret_size) {
    char *end = NULL;
    if (!body->len || body->len > 20 || body->data[0] < '0' || body->data[0] > '9')
        return false;
    *ret_size = strtoull(body->data, &end, 10);
    return strcmp(end, "\n") == 0;
}

/* ---- requests to a witness ---- */

static void answer_done(struct lbx_answer *answer) {
    lbx_buf_done(&answer->body);
}

/* Sends add-checkpoint. If the witness has another size than old_size (409), sends once more
 * with that size. */
static void ask(struct asking *a, const struct pair *pair, uint64_t old_size, bool again) {
    struct lbx_buf body LBX_BUF = {0}, url LBX_BUF = {0};
    struct lbx_answer answer LBX_CLEANUP(answer_done) = {0};
    const char *why = "";
    uint64_t theirs;
    if (!put_request(pair, old_size, &body)) {
        report(a, pair, CTL_NO,
               "there is no proof: lockboxctl audit verify says where the log is broken");
        return;
    }
    size_t len = strlen(pair->witness->url);
    lbx_buf_printf(&url, "%s%sadd-checkpoint", pair->witness->url,
                   pair->witness->url[len - 1] == '/' ? "" : "/");
    enum lbx_err err = lbx_fetch_post(url.data, "text/plain; charset=utf-8", NULL, &body,
                                      ANSWER_MAX, TIMEOUT_S, &answer, &why);
    if (err != LBX_OK)
        report(a, pair, err == LBX_ERR_UNAVAILABLE ? CTL_UNREACHABLE : CTL_NO, why);
    else if (answer.status == HTTP_OK)
        take_signatures(a, pair, &answer.body);
    else if (answer.status != HTTP_CONFLICT)
        take_refusal(a, pair, answer.status);
    else if (!read_size(&answer.body, &theirs) || again)
        report(a, pair, CTL_NO, "it does not say what it saw (409)");
    else if (theirs > pair->checkpoint.size)
        report(a, pair, CTL_NO,
               lbx_arena_printf(
                   &a->ctl->arena,
                   "it saw a log of %" PRIu64 " leaves under this name: records are gone", theirs));
    else
        ask(a, pair, theirs, true);
}

static enum ctl_exit ask_witness(struct asking *a, struct pair *pair) {
    struct lbx_arena *arena = &a->ctl->arena;
    enum ctl_exit code =
        PROOF_ASK(a->pg, proof_cosigned_by, .topic = pair->log->topic,
                  .partition = pair->log->partition, .witness = pair->witness->verifier.name,
                  .key_id = lbx_arena_printf(arena, "%08x", pair->witness->verifier.key_id),
                  .number = pair->number);
    if (code != CTL_DONE)
        return code;
    const struct sql_proof_cosigned_by_answer it =
        LBX_PG_READ(a->pg, 0, 0, proof_cosigned_by, NULL);
    if (it.is_this)
        report(a, pair, CTL_DONE, "cosigned before");
    else
        ask(a, pair, (uint64_t)it.size, false);
    return CTL_DONE;
}

static enum ctl_exit ask_about(struct asking *a, const struct log *log) {
    struct log_hashes hashes LOG_HASHES;
    struct pair pair = {.log = log, .hashes = &hashes};
    const char *wrong;
    bool any;
    enum ctl_exit code = checkpoint_newest(a->hashes, log, &any);
    log_hashes_init(&hashes, a->hashes, log);
    if (code != CTL_DONE || !any)
        return code;
    struct stored_checkpoint stored = checkpoint_at(a->hashes, 0);
    pair.number = stored.number;
    pair.text = lbx_arena_strdup(&a->ctl->arena, stored.note);
    if (!checkpoint_holds(pair.text, strlen(pair.text), log->origin, &a->trusted, &pair.note,
                          &pair.checkpoint, &wrong) ||
        pair.checkpoint.size > log->size)
        return ctl_fail(CTL_NO,
                        "checkpoint %" PRId64
                        " of %s/%d is not shown to anybody: lockboxctl audit verify",
                        pair.number, log->topic, log->partition);
    for (size_t i = 0; code == CTL_DONE && i < a->trusted.policy->count; i++) {
        pair.witness = &a->trusted.policy->list[i];
        if (pair.witness->is_witness && pair.witness->url[0])
            code = ask_witness(a, &pair);
    }
    return code;
}

enum ctl_exit ctl_audit_witness(struct ctl *ctl) {
    static const struct ctl_column columns[] = {{"topic"},
                                                {"partition", CTL_CELL_NUMBER},
                                                {"witness"},
                                                {"size", CTL_CELL_NUMBER},
                                                {"outcome"}};
    struct asking a LBX_CLEANUP(asking_done) = {.ctl = ctl};
    CTL_ROWS_INIT(&a.rows, columns);
    enum ctl_exit code = trusted_load(ctl, &a.trusted);
    if (code == CTL_DONE && !a.trusted.policy)
        code = ctl_fail(CTL_USAGE,
                        "no witness to ask: LOCKBOX_WITNESS_POLICY_FILE names a policy (C2SP "
                        "tlog-policy) with their keys and URLs");
    if (code == CTL_DONE)
        code = proof_connect(ctl, &a.pg);
    if (code == CTL_DONE)
        code = proof_connect(ctl, &a.hashes);
    if (code == CTL_DONE)
        code = logs_load(ctl, a.hashes, &a.logs);
    for (size_t i = 0; code == CTL_DONE && i < a.logs.count; i++)
        if (a.logs.list[i].has_head && !a.logs.list[i].is_checkpoints)
            code = ask_about(&a, &a.logs.list[i]);
    if (code == CTL_DONE || a.rows.row_count)
        ctl_rows_print(&a.rows, ctl->format);
    return code == CTL_DONE ? a.worst : code;
}

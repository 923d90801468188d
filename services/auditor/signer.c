/* Signs changed heads, in a transaction of its own. Promises that a head is signed only if the stored
 * leaves have its root, that a size is signed once, and that nothing contradicts a published
 * checkpoint. A log whose checkpoint the database refuses is skipped for a minute. Fails with
 * LBX_ERR_CONFLICT, which halts the worker, where the store contradicts itself or this lane. */
#include "signer.h"

#include "auditor.h"
#include "sql_auditor.h"
#include "tile_reader.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text_pool.h"
#include "io/secret.h"
#include "tlog/note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- keys ---- */

enum { KEYS_MAX = 4, KEY_FILE_MAX = 64 * 1024 };

/* Read at the start; constant afterwards. */
static struct {
    struct lbx_signing_key list[KEYS_MAX];
    size_t count;
} keys;

static enum lbx_err read_keys(const char *text) {
    static const char end[] = "-----END PRIVATE KEY-----";
    for (const char *stop; (stop = strstr(text, end)); text = stop) {
        stop += sizeof end - 1;
        if (keys.count == KEYS_MAX ||
            lbx_signing_key_read(text, (size_t)(stop - text), &keys.list[keys.count]) != LBX_OK)
            return LBX_ERR_INVALID;
        keys.count++;
        stop += strspn(stop, "\r\n");
    }
    /* not PEM: one line in signed-note form */
    if (keys.count == 0 && lbx_signing_key_read(text, strlen(text), &keys.list[0]) == LBX_OK)
        keys.count = 1;
    return keys.count ? LBX_OK : LBX_ERR_INVALID;
}

static enum lbx_err read_key_file(const char *path) {
    static const char setting[] = "LOCKBOX_CHECKPOINT_KEY_FILE";
    struct lbx_buf text LBX_BUF = {0};
    char why[LBX_SECRET_WHY_SIZE];
    if (!lbx_secret_read(path, KEY_FILE_MAX, &text, why))
        return lbx_settings_refuse(setting, why);
    enum lbx_err err = read_keys(text.data);
    explicit_bzero(text.data, text.len);
    return err == LBX_OK ? LBX_OK
                         : lbx_settings_refuse(
                               setting, "takes a file of one to four Ed25519 private keys in PEM");
}

enum lbx_err auditor_signer_open(const struct lbx_settings *settings) {
    char origin[LBX_NOTE_NAME_SIZE];
    if (lbx_log_origin(settings->log_origin, "topic", 0, 0, origin) != LBX_OK)
        return lbx_settings_refuse(
            "LOCKBOX_LOG_ORIGIN",
            "takes a name without white space and plus signs, of 128 bytes or so");
    if (settings->checkpoint_interval < LBX_SECOND_US / 10)
        return lbx_settings_refuse("LOCKBOX_CHECKPOINT_INTERVAL", "takes PT0.1S and more");
    if (settings->checkpoint_key_file[0])
        return read_key_file(settings->checkpoint_key_file);
    lbx_log(LBX_LOG_WARN, "no checkpoint is signed: LOCKBOX_CHECKPOINT_KEY_FILE is not set");
    return LBX_OK;
}

/* ---- metrics ---- */

static struct lbx_metric unsigned_since = {
    .type = LBX_AGE,
    .name = "checkpoint_age_seconds",
    .help = "How long the oldest leaf without a checkpoint has waited for one"};
static struct lbx_metric log_leaves = {
    .type = LBX_GAUGE, .name = "log_leaves", .help = "Leaves of the transparency logs held"};
static struct lbx_metric log_holes = {
    .type = LBX_GAUGE, .name = "log_holes", .help = "Offsets of the logs that hold no record"};
struct lbx_metric *const auditor_signer_metrics[] = {&unsigned_since, &log_leaves, &log_holes,
                                                     NULL};

void auditor_signer_wait(struct auditor_signer *signer, size_t lane) {
    if (!signer->unsigned_since_us)
        signer->unsigned_since_us = lbx_monotonic_us();
    lbx_metric_set(&unsigned_since, lane, signer->unsigned_since_us);
}

/* ---- published checkpoints ---- */

bool auditor_signer_made(const struct lbx_note *note, const char *origin, char ret_key_id[9]) {
    struct lbx_verifier verifier;
    for (size_t i = 0; i < keys.count; i++)
        if (lbx_verifier_init(&verifier, origin, LBX_NOTE_ED25519, keys.list[i].public_key) ==
                LBX_OK &&
            lbx_note_verify(note, &verifier, NULL) == LBX_OK) {
            snprintf(ret_key_id, 9, "%08x", verifier.key_id);
            return true;
        }
    return false;
}

static bool is_ours(const struct lbx_note *note, const char *origin) {
    char key_id[9];
    return auditor_signer_made(note, origin, key_id);
}

/* ---- heads ---- */

/* A log and its last checkpoint, from one snapshot. */
struct head {
    const struct lbx_claim *claim;
    int64_t base, rows;
    struct lbx_edge edge;
    struct auditor_head now, last;  /* last.size 0: no checkpoint */
    struct auditor_last_note *told; /* the published checkpoint to compare with; NULL: none */
};

static bool is_signed_topic(const struct lbx_worker *worker, const struct lbx_claim *claim) {
    return lbx_topic_of(claim->topic, worker->settings.topic_prefix) != LBX_TOPIC_CHECKPOINTS;
}

void auditor_sign_read(struct lbx_handler *handler, const struct lbx_records *records,
                       struct lbx_pg_pipeline *calls) {
    struct auditor_signer *signer = &auditor_of(handler)->signer;
    signer->told_err =
        keys.count ? auditor_last_notes_read(&signer->told, records, is_ours) : LBX_OK;
    lbx_pg_arrays_done(&signer->asked);
    for (size_t i = 0; i < records->claim_count; i++)
        LBX_PG_ADD(&signer->asked, auditor_last_checkpoints_wanted,
                   .topic = lbx_claim_log(&records->claims[i]),
                   .partition = records->claims[i].partition);
    signer->call = LBX_PG_CALL(calls, auditor_last_checkpoints, .wanted = &signer->asked);
}

static enum lbx_err read_head(const struct lbx_records *records, size_t call, size_t row,
                              struct head *head) {
    const struct sql_auditor_last_checkpoints_answer it =
        LBX_PG_READ(records->worker->pg, call, row, auditor_last_checkpoints, records->arena);
    head->claim = lbx_claim_find(records->claims, records->claim_count, lbx_log_topic(it.topic),
                                 it.partition);
    head->base = it.base;
    head->rows = it.rows;
    head->last.size = (uint64_t)it.signed_size;
    if (it.root.len == LBX_HASH_SIZE)
        memcpy(&head->last.root, it.root.data, LBX_HASH_SIZE);
    if (lbx_edge_read((uint64_t)it.size, it.edge.data, it.edge.len, &head->edge) != LBX_OK)
        return auditor_contradiction(head->claim, "the head's edge does not fit its size", it.size,
                                     (int64_t)it.edge.len);
    head->now.size = (uint64_t)it.size;
    lbx_edge_root(&head->edge, &head->now.root);
    return LBX_OK;
}

/* ---- checks of a head ---- */

static enum lbx_err root_at(const struct lbx_hash_source *source, const struct auditor_head *head,
                            struct lbx_hash *ret_root) {
    struct lbx_edge edge;
    enum lbx_err err = lbx_tree_edge(source, head->size, &edge);
    if (err == LBX_OK)
        lbx_edge_root(&edge, ret_root);
    return err;
}

/* Checks that the stored tiles and leaves have a head's root. */
static enum lbx_err check_against_leaves(const struct head *head,
                                         const struct auditor_head *against,
                                         const struct lbx_hash_source *source, const char *what) {
    struct lbx_hash root;
    enum lbx_err err = root_at(source, against, &root);
    if (err == LBX_OK && !lbx_hash_equal(&root, &against->root))
        return auditor_contradiction(head->claim, what, (int64_t)against->size,
                                     (int64_t)against->size);
    return err;
}

static struct auditor_tile_reader reader_of(const struct head *head,
                                            const struct lbx_records *records) {
    return (struct auditor_tile_reader){
        .pg = records->worker->pg,
        .arena = records->arena,
        .topic = lbx_claim_log(head->claim),
        .partition = head->claim->partition,
        .base = head->base,
        .size = head->now.size,
    };
}

static enum lbx_err check_all(const struct head *head, const struct lbx_records *records) {
    struct auditor_tile_reader reader = reader_of(head, records);
    struct lbx_hash_source source = auditor_tile_source(&reader);
    enum lbx_err err = check_against_leaves(head, &head->now, &source,
                                            "the head is not what its leaves amount to");
    if (err == LBX_OK && head->last.size > 0)
        err = check_against_leaves(head, &head->last, &source,
                                   "the last checkpoint is not what the leaves amount to");
    return err;
}

/* Compares the log with the published checkpoint, once it is long enough. A shorter log may grow, but is not signed. */
static enum lbx_err check_told(struct head *head, const struct lbx_records *records,
                               const struct auditor_last_notes *notes) {
    char origin[LBX_NOTE_NAME_SIZE];
    if (lbx_log_origin(records->worker->settings.log_origin, lbx_claim_log(head->claim),
                       head->claim->partition, head->base, origin) == LBX_OK)
        head->told = auditor_last_note(notes, origin);
    if (!head->told || head->told->checked || head->told->checkpoint.size > head->now.size)
        return LBX_OK;
    const struct auditor_head told = {.size = head->told->checkpoint.size,
                                      .root = head->told->checkpoint.root};
    struct auditor_tile_reader reader = reader_of(head, records);
    struct lbx_hash_source source = auditor_tile_source(&reader);
    enum lbx_err err = check_against_leaves(
        head, &told, &source, "a checkpoint that was published is not what the leaves amount to");
    head->told->checked = err == LBX_OK;
    return err;
}

static enum lbx_err check_head(const struct head *head, struct auditor_known_heads *heads,
                               const struct lbx_records *records) {
    struct auditor_known_head *known = auditor_known_head(heads, head->claim);
    if (head->last.size > head->now.size)
        return auditor_contradiction(head->claim, "a checkpoint is larger than the log",
                                     (int64_t)head->last.size, (int64_t)head->now.size);
    if (head->last.size == head->now.size && !lbx_hash_equal(&head->last.root, &head->now.root))
        return auditor_contradiction(head->claim, "the log and its checkpoint have two roots",
                                     (int64_t)head->last.size, (int64_t)head->now.size);
    if (!auditor_known_head_is(known, &head->now))
        return auditor_contradiction(head->claim, "the head is not as this auditor left it",
                                     (int64_t)known->now.size, (int64_t)head->now.size);
    if (known->verified)
        return LBX_OK;
    enum lbx_err err = check_all(head, records);
    known->verified = err == LBX_OK;
    return err;
}

/* ---- signing ---- */

static void write_note(const struct lbx_checkpoint *checkpoint, struct lbx_buf *out) {
    struct lbx_buf text LBX_BUF = {0};
    lbx_checkpoint_sign(checkpoint, &keys.list[0], out);
    lbx_checkpoint_text(checkpoint, &text);
    for (size_t i = 1; i < keys.count; i++)
        lbx_note_sign(text.data, text.len, checkpoint->origin, LBX_NOTE_ED25519, 0, &keys.list[i],
                      out);
}

static enum lbx_err sign(const struct head *head, const struct lbx_worker *worker,
                         struct auditor_signer *signer) {
    struct lbx_checkpoint checkpoint = {.size = head->now.size, .root = head->now.root};
    struct lbx_verifier verifier;
    char key_id[9];
    if (lbx_log_origin(worker->settings.log_origin, lbx_claim_log(head->claim),
                       head->claim->partition, head->base, checkpoint.origin) != LBX_OK ||
        lbx_verifier_init(&verifier, checkpoint.origin, LBX_NOTE_ED25519,
                          keys.list[0].public_key) != LBX_OK)
        return LBX_ERR_INTERNAL;
    snprintf(key_id, sizeof key_id, "%08x", verifier.key_id);
    lbx_buf_clear(&signer->note);
    write_note(&checkpoint, &signer->note);
    LBX_PG_ADD(&signer->heads, auditor_insert_checkpoints_given,
               .topic = lbx_claim_log(head->claim), .partition = head->claim->partition,
               .origin = checkpoint.origin, .size = (int64_t)checkpoint.size,
               .root = {&checkpoint.root, sizeof checkpoint.root}, .key_id = key_id,
               .note = signer->note.data);
    return LBX_OK;
}

static void save(struct auditor_signer *signer, struct lbx_pg_pipeline *last) {
    if (lbx_pg_arrays_count(&signer->heads) == 0)
        return;
    lbx_pg_arrays_done(&signer->keys);
    for (size_t i = 0; i < keys.count; i++)
        LBX_PG_ADD(&signer->keys, auditor_insert_keys_given,
                   .public_key = {keys.list[i].public_key, LBX_KEY_SIZE});
    LBX_PG_CALL(last, auditor_insert_keys, .given = &signer->keys);
    LBX_PG_CALL(last, auditor_insert_checkpoints, .given = &signer->heads);
    lbx_pg_call(last, &sql_auditor_wake_publisher, NULL);
}

static void show(size_t lane, const struct head *heads, size_t count) {
    int64_t leaves = 0, holes = 0;
    for (size_t i = 0; i < count; i++) {
        leaves += (int64_t)heads[i].now.size;
        holes += (int64_t)heads[i].now.size - heads[i].rows;
    }
    lbx_metric_set(&log_leaves, lane, leaves);
    lbx_metric_set(&log_holes, lane, holes);
}

/* Whether a log is shorter than its published checkpoint. */
static bool is_behind(const struct head *head) {
    return head->told && head->told->checkpoint.size > head->now.size;
}

static bool is_unsigned(const struct lbx_worker *worker, const struct head *head) {
    return is_signed_topic(worker, head->claim) && head->last.size < head->now.size;
}

static bool must_sign(const struct lbx_worker *worker, const struct head *head) {
    return keys.count && is_unsigned(worker, head) && !is_behind(head);
}

/* Notes heads that wait for a signature, until the transaction that signs them is committed: auditor_sign_end. */
static void note_unsigned(struct auditor_signer *signer, const struct lbx_worker *worker,
                          const struct head *heads, size_t count) {
    size_t waiting = 0;
    for (size_t i = 0; i < count; i++)
        waiting += is_unsigned(worker, &heads[i]);
    if (waiting > 0)
        auditor_signer_wait(signer, worker->lane);
    signer->signs_all = waiting == lbx_pg_arrays_count(&signer->heads);
}

static enum lbx_err sign_heads(const struct head *heads, size_t count,
                               const struct lbx_worker *worker, struct auditor_signer *signer) {
    enum lbx_err err = LBX_OK;
    lbx_pg_arrays_done(&signer->heads);
    auditor_turns_begin(&signer->turns);
    for (size_t i = 0; err == LBX_OK && i < count; i++)
        if (must_sign(worker, &heads[i]) && auditor_turns_has(&signer->turns, heads[i].claim))
            err = sign(&heads[i], worker, signer);
    return err;
}

static void note_behind(struct auditor_signer *signer, const struct head *heads, size_t count) {
    const char *before = signer->behind;
    signer->behind = NULL;
    for (size_t i = 0; !signer->behind && i < count; i++)
        if (is_behind(&heads[i]))
            signer->behind = lbx_text_kept(
                "the audit store is older than a checkpoint that was published: %s/%d had %llu "
                "leaves; it is not signed until it has them again",
                lbx_claim_log(heads[i].claim), heads[i].claim->partition,
                (unsigned long long)heads[i].told->checkpoint.size);
    if (signer->behind && signer->behind != before)
        lbx_log(LBX_LOG_ERROR, "not signed", LBX_S("reason", signer->behind));
}

const char *auditor_sign_waiting_for(struct lbx_handler *handler) {
    return auditor_of(handler)->signer.behind;
}

enum lbx_err auditor_sign_write(struct lbx_handler *handler, const struct lbx_records *records,
                                struct lbx_pg_pipeline *last) {
    struct auditor *a = auditor_of(handler);
    struct auditor_signer *signer = &a->signer;
    size_t count = lbx_pg_row_count(records->worker->pg, signer->call);
    struct head *heads = LBX_ARENA_ARRAY(records->arena, struct head, count);
    enum lbx_err err = signer->told_err;
    for (size_t i = 0; err == LBX_OK && i < count; i++)
        err = read_head(records, signer->call, i, &heads[i]);
    for (size_t i = 0; err == LBX_OK && i < count; i++)
        err = check_head(&heads[i], &a->known, records); /* invalidates the results */
    for (size_t i = 0; err == LBX_OK && i < count; i++)
        err = check_told(&heads[i], records, &signer->told);
    if (err == LBX_OK)
        note_behind(signer, heads, count);
    if (err == LBX_OK)
        err = sign_heads(heads, count, records->worker, signer);
    if (err != LBX_OK)
        return err;
    save(signer, last);
    note_unsigned(signer, records->worker, heads, count);
    show(records->worker->lane, heads, count);
    return LBX_OK;
}

void auditor_sign_end(struct lbx_handler *handler, const struct lbx_records *records,
                      enum lbx_err err) {
    struct auditor_signer *signer = &auditor_of(handler)->signer;
    auditor_turns_end(&signer->turns, records->worker->pg, err);
    if (err != LBX_OK || !signer->signs_all)
        return;
    signer->unsigned_since_us = 0;
    lbx_metric_set(&unsigned_since, records->worker->lane, 0);
}

bool auditor_sign_left(struct lbx_handler *handler) {
    const struct auditor_turns *turns = &auditor_of(handler)->signer.turns;
    return turns->more || turns->left_out.count > 0;
}

void auditor_signer_done(struct auditor_signer *signer) {
    lbx_left_out_done(&signer->turns.left_out);
    lbx_pg_arrays_done(&signer->asked);
    lbx_pg_arrays_done(&signer->heads);
    lbx_pg_arrays_done(&signer->keys);
    lbx_buf_done(&signer->note);
    auditor_last_notes_done(&signer->told);
}

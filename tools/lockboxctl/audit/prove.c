/* audit proof and audit vkey: write a record's inclusion proof, and verifier keys, in C2SP's
 * text forms. Fail with the error printed. */
#include "prove.h"

#include "commands.h"

#include <inttypes.h>
#include <string.h>

/* ---- proofs ---- */

enum ctl_exit prove(struct log_hashes *hashes, uint64_t leaf, const char *note, uint64_t size,
                    struct lbx_buf *out) {
    struct lbx_tlog_proof proof = {
        .index = leaf, .checkpoint = note, .checkpoint_len = strlen(note)};
    enum lbx_err err = lbx_tree_inclusion(&hashes->source, leaf, size, &proof.proof);
    if (err == LBX_ERR_UNAVAILABLE)
        return CTL_UNREACHABLE;
    if (err != LBX_OK)
        return ctl_fail(CTL_NO,
                        "the log's tiles are not whole: lockboxctl audit verify says where");
    lbx_tlog_proof_write(&proof, out);
    return CTL_DONE;
}

static bool argument(const char *text, int64_t most, int64_t *ret) {
    char *end;
    long long value = strtoll(text, &end, 10);
    *ret = value;
    return end != text && !*end && value >= 0 && value <= most;
}

static enum ctl_exit prove_offset(struct ctl *ctl, struct lbx_pg *pg, const struct log *log,
                                  int64_t offset, struct lbx_buf *out) {
    bool any;
    if (!log || !log->has_head || offset < log->base)
        return ctl_fail(CTL_NO, "the audit store has no log of %s/%s with the offset %" PRId64,
                        ctl->args[0], ctl->args[1], offset);
    uint64_t leaf = (uint64_t)(offset - log->base);
    enum ctl_exit code = checkpoint_covering(pg, log, leaf + 1, &any);
    if (code != CTL_DONE)
        return code;
    if (!any)
        return ctl_fail(CTL_NO, "no checkpoint of %s/%d covers offset %" PRId64 " (yet)",
                        log->topic, log->partition, offset);
    struct stored_checkpoint stored = checkpoint_at(pg, 0);
    const char *note = lbx_arena_strdup(&ctl->arena, stored.note);
    struct log_hashes hashes LOG_HASHES;
    log_hashes_init(&hashes, pg, log);
    return prove(&hashes, leaf, note, stored.size, out);
}

enum ctl_exit ctl_audit_proof(struct ctl *ctl) {
    int64_t partition, offset;
    struct lbx_pg *pg CTL_PG = NULL;
    struct logs logs LOGS = {0};
    struct lbx_buf out LBX_BUF = {0};
    if (!argument(ctl->args[1], INT32_MAX, &partition) ||
        !argument(ctl->args[2], INT64_MAX - 1, &offset))
        return ctl_fail(CTL_USAGE, "PARTITION and OFFSET are whole numbers, not %s and %s",
                        ctl->args[1], ctl->args[2]);
    enum ctl_exit code = proof_connect(ctl, &pg);
    if (code == CTL_DONE)
        code = logs_load(ctl, pg, &logs);
    if (code == CTL_DONE)
        code =
            prove_offset(ctl, pg, logs_find(&logs, ctl->args[0], (int32_t)partition), offset, &out);
    if (code == CTL_DONE)
        ctl_put(&out);
    return code;
}

/* ---- keys ---- */

void put_vkeys(const struct trusted *trusted, const struct log *log, struct lbx_buf *out) {
    for (size_t i = 0; i < trusted->count; i++) {
        struct lbx_verifier verifier;
        if (lbx_verifier_init(&verifier, log->origin, LBX_NOTE_ED25519, trusted->keys[i]) != LBX_OK)
            continue;
        lbx_vkey_write(&verifier, out);
        lbx_buf_char(out, '\n');
    }
}

enum ctl_exit ctl_audit_vkey(struct ctl *ctl) {
    struct lbx_pg *pg CTL_PG = NULL;
    struct logs logs LOGS = {0};
    struct trusted trusted TRUSTED = {0};
    struct lbx_buf out LBX_BUF = {0};
    enum ctl_exit code = trusted_load(ctl, &trusted);
    if (code == CTL_DONE)
        code = proof_connect(ctl, &pg);
    if (code == CTL_DONE)
        code = logs_load(ctl, pg, &logs);
    for (size_t i = 0; code == CTL_DONE && i < logs.count; i++)
        if (!logs.list[i].is_checkpoints && logs.list[i].has_head)
            put_vkeys(&trusted, &logs.list[i], &out);
    if (code == CTL_DONE && out.len == 0)
        return ctl_fail(CTL_NO, "no log has a signed checkpoint yet: its first record begins one");
    if (code == CTL_DONE)
        ctl_put(&out);
    return code;
}

/* audit verify PATH: checks an export by itself. Promises that each record's proof leads to a
 * root in a signed checkpoint, and that missing, duplicate and additional files are refused, so
 * that an export has nothing unproved. Then consent is checked. Fails with exit code 1 on a
 * finding. */
#include "unpack.h"

#include "consent.h"
#include "findings.h"
#include "json/read.h"
#include "keys.h"
#include "pack.h"

#include <inttypes.h>
#include <string.h>

/* ---- the manifest ---- */

struct manifest_log {
    const char *topic, *origin;
    int64_t partition, base, size, records;
};

struct manifest {
    const char *format, *origin;
    int64_t records;
    struct manifest_log *logs;
    size_t log_count;
};

static const struct lbx_field manifest_log_rows[] = {
    LBX_ROW_TEXT(manifest_log, topic, .min = 1, .max = 255, .required = true),
    LBX_ROW_TEXT(manifest_log, origin, .min = 1, .max = 383, .required = true),
    LBX_ROW_INT(manifest_log, partition, .min = 0, .max = INT32_MAX, .required = true),
    LBX_ROW_INT(manifest_log, base, .min = 0, .max = INT64_MAX, .required = true),
    LBX_ROW_INT(manifest_log, size, .min = 1, .max = INT64_MAX, .required = true),
    LBX_ROW_INT(manifest_log, records, .min = 1, .max = INT64_MAX, .required = true),
};
static const struct lbx_table manifest_log_table =
    LBX_TABLE("manifest_log", manifest_log, manifest_log_rows);

static const struct lbx_field manifest_rows[] = {
    LBX_ROW_TEXT(manifest, format, .min = 1, .max = 64, .required = true),
    LBX_ROW_TEXT(manifest, origin, .min = 1, .max = 255, .required = true),
    LBX_ROW_INT(manifest, records, .min = 1, .max = INT64_MAX, .required = true),
    LBX_ROW_OBJECTS(manifest, logs, log_count, struct manifest_log, .max_items = INT32_MAX,
                    .of = &manifest_log_table, .required = true),
};
static const struct lbx_table manifest_table = LBX_TABLE("manifest", manifest, manifest_rows);

/* ---- the run ---- */

/* The position of a leaf whose proof follows. */
struct leaf_place {
    char topic[256];
    int32_t partition;
    int64_t offset;
};

/* The state of a log while its records are read. */
struct seen {
    int64_t records, last; /* last: offset of the last one; -1: none yet */
    bool checkpoint;
    char *good_note; /* the last valid note, as records share notes */
};

struct unpacking {
    struct ctl *ctl;
    struct findings findings;
    struct consent consent;
    struct trusted trusted;
    struct lbx_arena arena; /* of the current leaf */
    struct lbx_buf manifest_text, vkeys;
    struct manifest manifest;
    struct seen *seen; /* as many as logs */
    size_t others[3];  /* how often each of the other files is there */
    /* a leaf whose proof follows */
    char stem[352];
    struct lbx_hash leaf;
    struct leaf_place place;
    int64_t records;
};

static void unpacking_done(struct unpacking *u) {
    for (size_t i = 0; u->seen && i < u->manifest.log_count; i++)
        free(u->seen[i].good_note);
    free(u->seen);
    consent_done(&u->consent);
    lbx_arena_done(&u->arena);
    findings_done(&u->findings);
    trusted_done(&u->trusted);
    lbx_buf_done(&u->manifest_text);
    lbx_buf_done(&u->vkeys);
}

/* Reports a wrong file that is of no record. */
static enum ctl_exit wrong_file(const char *name, const char *what) {
    return ctl_fail(CTL_NO, "%s: %s", name, what);
}

static enum ctl_exit find_heads(void *context, const struct packed *file) {
    struct unpacking *u = context;
    if (strcmp(file->name, "manifest.json") == 0)
        lbx_buf_add(&u->manifest_text, file->bytes, file->len);
    if (strcmp(file->name, "vkeys.txt") == 0)
        lbx_buf_add(&u->vkeys, file->bytes, file->len);
    return CTL_DONE;
}

static const struct manifest_log *manifest_find(const struct unpacking *u, const char *topic,
                                                int64_t partition) {
    for (size_t i = 0; i < u->manifest.log_count; i++)
        if (u->manifest.logs[i].partition == partition &&
            strcmp(u->manifest.logs[i].topic, topic) == 0)
            return &u->manifest.logs[i];
    return NULL;
}

/* What is wrong with a note. NULL: nothing, and *ret_size is its tree's size. */
static const char *note_wrong(struct unpacking *u, const struct manifest_log *log, const char *text,
                              size_t len, struct lbx_checkpoint *ret_checkpoint) {
    struct seen *seen = &u->seen[log - u->manifest.logs];
    struct lbx_note note;
    const char *wrong = NULL;
    if (seen->good_note && strlen(seen->good_note) == len &&
        memcmp(seen->good_note, text, len) == 0) {
        if (lbx_note_read(text, len, &note) == LBX_OK &&
            lbx_checkpoint_read(&note, ret_checkpoint) == LBX_OK)
            return NULL;
    }
    if (!checkpoint_holds(text, len, log->origin, &u->trusted, &note, ret_checkpoint, &wrong) ||
        !quorum_holds(&u->trusted, &note, &wrong))
        return wrong;
    free(seen->good_note);
    seen->good_note = strndup(text, len);
    return NULL;
}

/* ---- files ---- */

/* Reads a leaf. The record is valid as long as the arena, which is emptied first. */
static bool read_leaf(struct unpacking *u, const struct packed *file,
                      struct lbx_record *ret_record) {
    lbx_arena_reset(&u->arena);
    return lbx_record_leaf_read(file->bytes, file->len, &u->arena, ret_record) == LBX_OK &&
           strlen(ret_record->log_name) < sizeof u->place.topic && ret_record->offset >= 0;
}

static enum ctl_exit take_leaf(struct unpacking *u, const struct packed *file, size_t stem) {
    struct lbx_record record;
    if (u->stem[0])
        return wrong_file(u->stem, "its proof is missing");
    if (!read_leaf(u, file, &record))
        return wrong_file(file->name, "it is no leaf");
    snprintf(u->stem, sizeof u->stem, "%.*s", (int)stem, file->name);
    snprintf(u->place.topic, sizeof u->place.topic, "%s", record.log_name);
    u->place.partition = record.partition;
    u->place.offset = record.offset;
    lbx_leaf_hash(file->bytes, file->len, &u->leaf);
    char named[352];
    snprintf(named, sizeof named, "records/%s/%d/%020" PRId64, u->place.topic, u->place.partition,
             u->place.offset);
    if (strcmp(named, u->stem) != 0)
        return wrong_file(file->name, "it holds another record");
    consent_learn(&u->consent, &record);
    return CTL_DONE;
}

static const char *proof_wrong(struct unpacking *u, const struct manifest_log *log,
                               const struct packed *file) {
    struct lbx_tlog_proof proof;
    struct lbx_checkpoint checkpoint = {0};
    if (lbx_tlog_proof_read(file->bytes, file->len, &proof) != LBX_OK)
        return "its proof cannot be read";
    if ((int64_t)proof.index != u->place.offset - log->base)
        return "its proof is of another record";
    const char *wrong = note_wrong(u, log, proof.checkpoint, proof.checkpoint_len, &checkpoint);
    if (wrong)
        return wrong;
    return lbx_inclusion_holds(proof.index, checkpoint.size, &u->leaf, &proof.proof,
                               &checkpoint.root)
               ? NULL
               : "the record is not the one in the log";
}

/* Counts a record of a log. False: it does not follow the log's last one, so that it may be there twice. */
static bool count_record(struct unpacking *u, const struct manifest_log *log) {
    struct seen *seen = &u->seen[log - u->manifest.logs];
    const bool follows = u->place.offset > seen->last;
    seen->last = u->place.offset;
    seen->records++;
    return follows;
}

static enum ctl_exit take_proof(struct unpacking *u, const struct packed *file, size_t stem) {
    if (strlen(u->stem) != stem || strncmp(u->stem, file->name, stem) != 0)
        return wrong_file(file->name, "its record is missing");
    u->stem[0] = '\0';
    u->records++;
    const struct manifest_log *log = manifest_find(u, u->place.topic, u->place.partition);
    const char *wrong = log ? proof_wrong(u, log, file) : "the manifest does not name its log";
    if (wrong)
        findings_add(&u->findings, u->place.topic, u->place.partition, u->place.offset, "%s",
                     wrong);
    return !log || count_record(u, log)
               ? CTL_DONE
               : wrong_file(file->name, "it is there twice, or behind a later one");
}

static enum ctl_exit take_checkpoint(struct unpacking *u, const struct packed *file) {
    for (size_t i = 0; i < u->manifest.log_count; i++) {
        const struct manifest_log *log = &u->manifest.logs[i];
        struct lbx_checkpoint checkpoint = {0};
        char name[320];
        snprintf(name, sizeof name, "checkpoints/%s/%" PRId64 ".txt", log->topic, log->partition);
        if (strcmp(name, file->name) != 0)
            continue;
        const char *wrong = note_wrong(u, log, file->bytes, file->len, &checkpoint);
        if (!wrong && (int64_t)checkpoint.size != log->size)
            wrong = "its size is not the manifest's";
        if (u->seen[i].checkpoint)
            wrong = "it is there twice";
        u->seen[i].checkpoint = true;
        return wrong ? wrong_file(file->name, wrong) : CTL_DONE;
    }
    return wrong_file(file->name, "the manifest does not name its log");
}

static bool ends_in(const char *name, const char *end, size_t *ret_stem) {
    size_t len = strlen(name), end_len = strlen(end);
    *ret_stem = len - end_len;
    return len > end_len && strcmp(name + len - end_len, end) == 0;
}

static enum ctl_exit take_file(void *context, const struct packed *file) {
    static const char *const others[] = {"README.txt", "manifest.json", "vkeys.txt"};
    struct unpacking *u = context;
    size_t stem;
    if (strncmp(file->name, "records/", 8) == 0 && ends_in(file->name, ".leaf", &stem))
        return take_leaf(u, file, stem);
    if (strncmp(file->name, "records/", 8) == 0 && ends_in(file->name, ".tlog-proof", &stem))
        return take_proof(u, file, stem);
    if (strncmp(file->name, "checkpoints/", 12) == 0)
        return take_checkpoint(u, file);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i], file->name) == 0)
            return u->others[i]++ == 0 ? CTL_DONE : wrong_file(file->name, "it is there twice");
    return wrong_file(file->name, "it belongs to no export");
}

static enum ctl_exit check_consent(void *context, const struct packed *file) {
    struct unpacking *u = context;
    struct lbx_record record;
    size_t stem;
    if (strncmp(file->name, "records/", 8) == 0 && ends_in(file->name, ".leaf", &stem) &&
        read_leaf(u, file, &record))
        consent_check(&u->consent, &record);
    return CTL_DONE;
}

/* ---- beginning and end ---- */

static enum ctl_exit read_manifest(struct unpacking *u) {
    struct lbx_reason reason;
    if (!u->manifest_text.len ||
        lbx_json_read(&manifest_table, u->manifest_text.data, u->manifest_text.len, "",
                      &u->ctl->arena, &u->manifest, &reason) != LBX_OK)
        return ctl_fail(CTL_NO, "%s is no export: manifest.json is missing or of another form",
                        u->ctl->args[0]);
    if (strcmp(u->manifest.format, "lockbox-export/1") != 0)
        return ctl_fail(CTL_NO, "%s is an export of another version", u->ctl->args[0]);
    u->seen = lbx_calloc((u->manifest.log_count + 1) * sizeof *u->seen);
    for (size_t i = 0; i < u->manifest.log_count; i++) {
        const struct manifest_log *log = &u->manifest.logs[i];
        char origin[LBX_NOTE_NAME_SIZE];
        u->seen[i].last = -1;
        if (lbx_log_origin(u->manifest.origin, log->topic, (int32_t)log->partition, log->base,
                           origin) != LBX_OK ||
            strcmp(origin, log->origin) != 0)
            return wrong_file("manifest.json", "an origin is not that of its log");
    }
    return CTL_DONE;
}

/* Uses the configured keys or, without any, the export's, which is printed. */
static enum ctl_exit take_keys(struct unpacking *u, bool *ret_own) {
    const struct lbx_settings *s = &u->ctl->settings;
    *ret_own = !*s->checkpoint_vkeys_file && !*s->checkpoint_key_file;
    if (!*ret_own)
        return trusted_load(u->ctl, &u->trusted);
    enum ctl_exit code = trusted_load_policy(u->ctl, &u->trusted);
    if (code != CTL_DONE)
        return code;
    if (!u->vkeys.len || !trusted_add_lines(&u->trusted, u->vkeys.data, u->vkeys.len) ||
        !u->trusted.count)
        return wrong_file("vkeys.txt", "it is missing, or holds a line that is no verifier key");
    return CTL_DONE;
}

static enum ctl_exit check_counts(const struct unpacking *u) {
    if (u->stem[0])
        return wrong_file(u->stem, "its proof is missing");
    for (size_t i = 0; i < u->manifest.log_count; i++) {
        const struct manifest_log *log = &u->manifest.logs[i];
        if (!u->seen[i].checkpoint)
            return ctl_fail(CTL_NO, "the checkpoint of %s/%" PRId64 " is missing", log->topic,
                            log->partition);
        if (u->seen[i].records != log->records)
            return ctl_fail(CTL_NO,
                            "%s/%" PRId64 ": the manifest names %" PRId64
                            " records, and there are %" PRId64,
                            log->topic, log->partition, log->records, u->seen[i].records);
    }
    if (u->records != u->manifest.records)
        return ctl_fail(CTL_NO, "the manifest names %" PRId64 " records, and there are %" PRId64,
                        u->manifest.records, u->records);
    return CTL_DONE;
}

static void say_result(const struct unpacking *u, bool own) {
    struct lbx_buf out LBX_BUF = {0};
    lbx_buf_printf(&out, "%" PRId64 " records of %zu logs: %s\n", u->records, u->manifest.log_count,
                   u->findings.count ? "not all is right" : "all is right");
    if (u->consent.hold || u->consent.keyless)
        lbx_buf_printf(&out, "%" PRId64 " signatures of decisions hold", u->consent.hold);
    if (u->consent.keyless)
        lbx_buf_printf(&out, "; of %" PRId64 " the key is not here", u->consent.keyless);
    if (u->consent.hold || u->consent.keyless)
        lbx_buf_str(&out, "\n");
    if (own && !u->findings.count)
        lbx_buf_str(&out, "as far as the keys in vkeys.txt are trusted: no others were given "
                          "(LOCKBOX_CHECKPOINT_VKEYS_FILE)\n");
    ctl_put(&out);
}

enum ctl_exit verify_export(struct ctl *ctl) {
    static const enum ctl_option of_stores[] = {CTL_KAFKA, CTL_DETACHED,  CTL_LEAVES,
                                                CTL_TOPIC, CTL_PARTITION, CTL_OFFSETS};
    struct unpacking u LBX_CLEANUP(unpacking_done) = {.ctl = ctl};
    bool own = false;
    findings_init(&u.findings);
    consent_init(&u.consent, &u.findings);
    lbx_arena_init(&u.arena);
    for (size_t i = 0; i < sizeof of_stores / sizeof *of_stores; i++)
        if (ctl->options[of_stores[i]])
            return ctl_fail(CTL_USAGE,
                            "an export is verified whole, and by itself: no such options");
    enum ctl_exit code = pack_each(ctl->args[0], find_heads, &u);
    if (code == CTL_DONE)
        code = read_manifest(&u);
    if (code == CTL_DONE)
        code = take_keys(&u, &own);
    if (code == CTL_DONE)
        code = pack_each(ctl->args[0], take_file, &u);
    if (code == CTL_DONE)
        code = check_counts(&u);
    if (code == CTL_DONE)
        code = pack_each(ctl->args[0], check_consent, &u);
    consent_end(&u.consent);
    if (u.findings.count || ctl->format != CTL_TABLE)
        findings_print(&u.findings, ctl->format);
    if (code == CTL_DONE && ctl->format == CTL_TABLE)
        say_result(&u, own);
    return code == CTL_DONE && u.findings.count ? CTL_NO : code;
}

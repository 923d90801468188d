/* audit export: writes records with their proofs, checkpoints and keys as files that any
 * verifier can check without the store (docs/transparency.md). Fails with files left behind that
 * do not verify. */
#include "commands.h"

#include "arguments.h"

#include "base/clock.h"
#include "base/time.h"
#include "evidence.h"
#include "pack.h"
#include "prove.h"

#include <inttypes.h>
#include <string.h>

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

static bool add_text(struct pack *pack, const char *name, const struct lbx_buf *text) {
    return pack_add(pack, name, text->data ? text->data : "", text->len);
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

static void put_logs(const struct evidence *e, struct lbx_buf *out) {
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

static bool add_manifest(struct pack *pack, const struct evidence *e) {
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
    return add_text(pack, "manifest.json", &out);
}

static bool add_checkpoints(struct pack *pack, const struct evidence *e) {
    struct lbx_buf vkeys LBX_BUF = {0};
    for (size_t i = 0; i < e->logs.count; i++) {
        const struct proving *p = &e->proving[i];
        char name[320];
        if (!p->log)
            continue;
        put_vkeys(&e->trusted, p->log, &vkeys);
        snprintf(name, sizeof name, "checkpoints/%s/%d.txt", p->log->topic, p->log->partition);
        if (!pack_add(pack, name, p->note, strlen(p->note)))
            return false;
    }
    return add_text(pack, "vkeys.txt", &vkeys);
}

static enum ctl_exit add_record(void *context, struct evidence *e, const struct lbx_record *record,
                                struct proving *proving) {
    struct pack *pack = context;
    struct lbx_buf leaf LBX_BUF = {0}, proof LBX_BUF = {0};
    char name[352];
    (void)e;
    lbx_record_leaf(record, &leaf);
    enum ctl_exit code = prove(&proving->hashes, (uint64_t)(record->offset - proving->log->base),
                               proving->note, proving->size, &proof);
    int stem = snprintf(name, sizeof name, "records/%s/%d/%020" PRId64, record->topic_name,
                        record->partition, record->offset);
    snprintf(name + stem, sizeof name - (size_t)stem, ".leaf");
    if (code != CTL_DONE || !add_text(pack, name, &leaf))
        return code == CTL_DONE ? CTL_NO : code;
    snprintf(name + stem, sizeof name - (size_t)stem, ".tlog-proof");
    return add_text(pack, name, &proof) ? CTL_DONE : CTL_NO;
}

static enum ctl_exit write_all(struct evidence *e, const char *path) {
    static const struct lbx_buf about = {.data = (char *)readme, .len = sizeof readme - 1};
    struct pack pack;
    enum ctl_exit code = CTL_NO;
    if (!pack_begin(&pack, path))
        return CTL_NO;
    if (add_text(&pack, "README.txt", &about) && add_manifest(&pack, e) &&
        add_checkpoints(&pack, e))
        code = evidence_each(e, add_record, &pack);
    return pack_end(&pack) || code != CTL_DONE ? code : CTL_NO;
}

/* ---- the command ---- */

/* Reads --from and --to into PostgreSQL's words: it refuses offsets from UTC of 16 hours, which RFC 3339 has. */
static enum ctl_exit read_times(const struct ctl *ctl, struct selection *selection,
                                char (*stamps)[LBX_TIME_SIZE]) {
    int64_t from, to;
    if (!selection->from)
        return CTL_DONE;
    if (lbx_time_parse(selection->from, &from) != LBX_OK ||
        lbx_time_parse(ctl->options[CTL_TO], &to) != LBX_OK)
        return ctl_fail(CTL_USAGE, "--from and --to take times such as 2026-11-25T08:00:00Z");
    if (from >= to)
        return ctl_fail(CTL_USAGE, "--from has to be before --to");
    lbx_time_format(from, stamps[0]);
    lbx_time_format(to, stamps[1]);
    selection->from = stamps[0];
    selection->to = stamps[1];
    return CTL_DONE;
}

static enum ctl_exit check_selection(const struct ctl *ctl) {
    const char *const *o = ctl->options;
    int chosen = (o[CTL_REQUEST] != NULL) + (o[CTL_TENANT] != NULL) + (o[CTL_FROM] || o[CTL_TO]);
    if (chosen != 1 || !o[CTL_FROM] != !o[CTL_TO])
        return ctl_fail(CTL_USAGE,
                        "say which records: --request ID, --tenant ID, or --from TIME --to TIME");
    return !o[CTL_REQUEST] || ctl_request_id_is_valid(o[CTL_REQUEST]) ? CTL_DONE : CTL_USAGE;
}

enum ctl_exit ctl_audit_export(struct ctl *ctl) {
    const char *const *o = ctl->options;
    struct selection selection = {o[CTL_REQUEST], o[CTL_TENANT], o[CTL_FROM], o[CTL_TO]};
    char stamps[2][LBX_TIME_SIZE];
    struct evidence e EVIDENCE = {0};
    enum ctl_exit code = check_selection(ctl);
    if (code == CTL_DONE)
        code = read_times(ctl, &selection, stamps);
    if (code == CTL_DONE)
        code = evidence_open(&e, ctl, &selection);
    if (code == CTL_DONE)
        code = write_all(&e, o[CTL_OUT]);
    if (code == CTL_DONE)
        printf("%zu records\n", e.count);
    return code == CTL_DONE ? evidence_complete(&e) : code;
}

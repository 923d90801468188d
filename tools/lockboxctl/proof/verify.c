/* audit verify: the store against itself, its checkpoints' signatures, and Kafka. */
#include "check.h"

#include "base/clock.h"
#include "sql_proof.h"
#include "unpack.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CATCH_UP_S = 15, POLL_MS = 100 };

static void verification_done(struct verification *v) {
    pipeline_close(v->pipeline);
    lbx_pg_close(v->rows);
    lbx_pg_close(v->hashes);
    lbx_reader_close(v->kafka);
    logs_done(&v->logs);
    trusted_done(&v->trusted);
    findings_done(&v->findings);
}

/* ---- what is asked ---- */

struct scope {
    const char *topic;     /* NULL: all */
    int32_t partition;     /* -1: all */
    int64_t first, behind; /* behind -1: the whole log */
};

static bool read_offsets(const char *text, struct scope *scope) {
    char *end;
    scope->first = strtoll(text, &end, 10);
    if (end == text)
        return false;
    if (!*end) {
        scope->behind = scope->first + 1;
        return true;
    }
    if (strncmp(end, "..", 2) != 0)
        return false;
    const char *last = end + 2;
    scope->behind = strtoll(last, &end, 10) + 1;
    return end != last && !*end && scope->behind > scope->first;
}

static enum ctl_exit read_scope(const struct ctl *ctl, struct scope *ret_scope) {
    const char *offsets = ctl->options[CTL_OFFSETS];
    int64_t partition;
    *ret_scope = (struct scope){.topic = ctl->options[CTL_TOPIC], .partition = -1, .behind = -1};
    if (!ctl_whole_number(ctl, CTL_PARTITION, 0, INT32_MAX, -1, &partition))
        return CTL_USAGE;
    ret_scope->partition = (int32_t)partition;
    if (partition >= 0 && !ret_scope->topic)
        return ctl_fail(CTL_USAGE, "--partition needs --topic");
    if (offsets && partition < 0)
        return ctl_fail(CTL_USAGE, "--offsets needs --topic and --partition");
    if (offsets && ctl->options[CTL_KAFKA])
        return ctl_fail(CTL_USAGE, "--kafka compares whole logs: leave --offsets out");
    if (offsets && !read_offsets(offsets, ret_scope))
        return ctl_fail(CTL_USAGE, "--offsets takes an offset or FIRST..LAST, not %s", offsets);
    return CTL_DONE;
}

static bool is_in(const struct scope *scope, const struct log *log) {
    return (!scope->topic || strcmp(scope->topic, log->topic) == 0) &&
           (scope->partition < 0 || scope->partition == log->partition);
}

/* ---- the run ---- */

static enum ctl_exit open_all(struct verification *v) {
    struct ctl *ctl = v->ctl;
    enum ctl_exit code = trusted_load(ctl, &v->trusted);
    if (code == CTL_DONE)
        code = proof_connect(ctl, &v->rows);
    if (code == CTL_DONE)
        code = proof_connect(ctl, &v->hashes);
    if (code == CTL_DONE && ctl->options[CTL_KAFKA] &&
        lbx_reader_open(&ctl->settings, "lockboxctl", &v->kafka) != LBX_OK)
        code = ctl_fail(CTL_USAGE, "the Kafka client refuses a LOCKBOX_KAFKA_* setting");
    v->pipeline = pipeline_open(!ctl->options[CTL_LEAVES]);
    return code;
}

/* How many records Kafka has that the store has not. */
static enum ctl_exit behind_kafka(struct verification *v, int64_t *ret_records) {
    enum ctl_exit code = proof_ask(v->hashes, &sql_proof_ends, 0, NULL);
    *ret_records = 0;
    for (size_t row = 0; code == CTL_DONE && row < lbx_pg_row_count(v->hashes, 0); row++) {
        int64_t first, behind, head = lbx_pg_cell_int(v->hashes, 0, row, 2);
        enum lbx_err err =
            lbx_reader_ends(v->kafka, lbx_pg_cell(v->hashes, 0, row, 0),
                            (int32_t)lbx_pg_cell_int(v->hashes, 0, row, 1), &first, &behind);
        if (err == LBX_ERR_UNAVAILABLE)
            return ctl_fail(CTL_UNREACHABLE,
                            "Kafka at %s cannot be reached: check "
                            "LOCKBOX_KAFKA_BOOTSTRAP_SERVERS",
                            v->ctl->settings.kafka_bootstrap_servers);
        if (err == LBX_OK && behind > head)
            *ret_records += behind - head;
    }
    return code;
}

/* A store that is a moment behind is not wrong: it gets that moment. */
static enum ctl_exit await_kafka(struct verification *v) {
    int64_t deadline = lbx_monotonic_us() + CATCH_UP_S * LBX_SECOND_US, records;
    for (;;) {
        enum ctl_exit code = behind_kafka(v, &records);
        if (code != CTL_DONE || records == 0)
            return code;
        if (lbx_monotonic_us() > deadline)
            return ctl_fail(
                CTL_NO, "the store is %" PRId64 " records behind Kafka: is the auditor running?",
                records);
        usleep(POLL_MS * 1000);
    }
}

static uint64_t records_in(const struct verification *v, const struct scope *scope) {
    uint64_t total = 0;
    for (size_t i = 0; i < v->logs.count; i++)
        if (is_in(scope, &v->logs.list[i]))
            total += scope->behind >= 0 ? (uint64_t)(scope->behind - scope->first)
                                        : (uint64_t)v->logs.list[i].rows;
    return total;
}

static enum ctl_exit check_all(struct verification *v, const struct scope *scope) {
    enum ctl_exit code = CTL_DONE;
    bool any = false;
    for (size_t i = 0; code == CTL_DONE && i < v->logs.count; i++) {
        const struct log *log = &v->logs.list[i];
        if (!is_in(scope, log))
            continue;
        any = true;
        code = scope->behind >= 0 ? check_range(v, log, scope->first, scope->behind)
                                  : check_log(v, log);
    }
    if (code == CTL_DONE && !any && scope->topic)
        return ctl_fail(CTL_NO, "the audit store has nothing of %s", scope->topic);
    return code;
}

static void say_result(const struct verification *v) {
    struct lbx_buf out LBX_BUF = {0};
    double seconds = (double)(lbx_monotonic_us() - v->progress.began_us) / LBX_SECOND_US;
    lbx_buf_printf(&out, "%" PRIu64 " records, %" PRIu64 " checkpoints, %zu logs in %.1f s: %s\n",
                   v->records, v->checkpoints, v->logs.count, seconds,
                   v->findings.count ? "not all is right" : "all is right");
    if (v->absent && v->allow_absent)
        lbx_buf_printf(&out, "%" PRIu64 " records are not here, only their hashes\n", v->absent);
    if (v->trusted.policy)
        lbx_buf_printf(&out,
                       "%" PRIu64 " checkpoints are cosigned; %" PRIu64
                       " leaves came after what enough witnesses saw\n",
                       v->cosigned, v->unwitnessed);
    if (v->kafka)
        lbx_buf_printf(
            &out, "%" PRIu64 " records are the same in Kafka; %" PRIu64 " are no longer there\n",
            v->kafka_records, v->kafka_gone);
    ctl_put(&out);
}

static enum ctl_exit verify_store(struct ctl *ctl) {
    struct verification v LBX_CLEANUP(verification_done) = {
        .ctl = ctl, .allow_absent = ctl->options[CTL_DETACHED] != NULL};
    struct scope scope;
    findings_init(&v.findings);
    enum ctl_exit code = read_scope(ctl, &scope);
    if (code == CTL_DONE)
        code = open_all(&v);
    if (code == CTL_DONE && v.kafka)
        code = await_kafka(&v);
    if (code == CTL_DONE)
        code = logs_load(ctl, v.rows, &v.logs);
    if (code != CTL_DONE)
        return code;
    progress_begin(&v.progress, records_in(&v, &scope));
    code = check_all(&v, &scope);
    progress_end(&v.progress);
    if (v.findings.count || ctl->format != CTL_TABLE)
        findings_print(&v.findings, ctl->format);
    if (code == CTL_DONE && ctl->format == CTL_TABLE)
        say_result(&v);
    return code == CTL_DONE && v.findings.count ? CTL_NO : code;
}

enum ctl_exit ctl_audit_verify(struct ctl *ctl) {
    return ctl->args[0] ? verify_export(ctl) : verify_store(ctl);
}

/* audit verify: checks the store's logs against their hashes, signatures and, with --kafka,
 * Kafka. One verifier for each processor checks logs, all with one snapshot. Fails with exit
 * code 1 on findings, and with other codes on errors. */
#include "commands.h"

#include "arguments.h"
#include "base/clock.h"
#include "catalogue.h"
#include "check.h"
#include "range.h"
#include "sql_proof.h"
#include "unpack.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CATCH_UP_S = 5, POLL_MS = 100 };

/* ---- the scope ---- */

struct scope {
    const char *topic;     /* NULL: all */
    int32_t partition;     /* -1: all */
    int64_t first, behind; /* behind -1: the whole log */
};

/* Reads an offset in decimal digits. *ret_end: the text behind it. */
static bool read_offset(const char *text, int64_t *ret_offset, const char **ret_end) {
    char *end;
    errno = 0;
    *ret_offset = strtoll(text, &end, 10);
    *ret_end = end;
    return *text >= '0' && *text <= '9' && !errno && *ret_offset < INT64_MAX;
}

static bool read_offsets(const char *text, struct scope *scope) {
    const char *end;
    int64_t last;
    if (!read_offset(text, &scope->first, &end))
        return false;
    if (!*end) {
        scope->behind = scope->first + 1;
        return true;
    }
    if (strncmp(end, "..", 2) != 0 || !read_offset(end + 2, &last, &end))
        return false;
    scope->behind = last + 1;
    return !*end && last >= scope->first;
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

enum { VERIFIERS_MAX = 16 };

struct run {
    struct verification v;
    struct scope scope;
    const struct log **logs; /* those to check, the largest first */
    size_t log_count;
    atomic_size_t next; /* index of the next log to check */
    struct verifier verifiers[VERIFIERS_MAX];
    pthread_t threads[VERIFIERS_MAX];
    size_t verifier_count;
};

static void verifier_done(struct verifier *verifier) {
    stream_done(&verifier->stream);
    lbx_arena_done(&verifier->arena);
    lbx_pg_close(verifier->rows);
    lbx_pg_close(verifier->hashes);
    lbx_reader_close(verifier->kafka);
}

static void run_done(struct run *run) {
    for (size_t i = 0; i < run->verifier_count; i++)
        verifier_done(&run->verifiers[i]);
    free(run->logs);
    logs_done(&run->v.logs);
    trusted_done(&run->v.trusted);
    findings_done(&run->v.findings);
}

static enum ctl_exit open_verifier(struct run *run) {
    struct ctl *ctl = run->v.ctl;
    struct verifier *verifier = &run->verifiers[run->verifier_count++];
    verifier->shared = &run->v;
    lbx_arena_init(&verifier->arena);
    enum ctl_exit code = proof_connect(ctl, &verifier->rows);
    if (code == CTL_DONE)
        code = proof_connect(ctl, &verifier->hashes);
    if (code == CTL_DONE && ctl->options[CTL_KAFKA] &&
        lbx_reader_open(&ctl->settings, "lockboxctl", "lockboxctl", &verifier->kafka) != LBX_OK)
        code = ctl_fail(CTL_USAGE, "the Kafka client refuses a LOCKBOX_KAFKA_* setting");
    stream_init(&verifier->stream, verifier->rows, !ctl->options[CTL_LEAVES]);
    return code;
}

/* Opens a verifier for each processor, at most one for each log. All use the first one's snapshot. */
static enum ctl_exit open_verifiers(struct run *run) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = processors < 1               ? 1
                    : processors > VERIFIERS_MAX ? VERIFIERS_MAX
                                                 : (size_t)processors;
    enum ctl_exit code = CTL_DONE;
    while (code == CTL_DONE && run->verifier_count < wanted &&
           run->verifier_count < run->log_count) {
        code = open_verifier(run);
        if (code == CTL_DONE)
            code = logs_share(run->verifiers[0].rows, run->verifiers[run->verifier_count - 1].rows);
    }
    return code;
}

/* The end offset of each partition in Kafka that the store has: topic, partition, offset. */
static enum ctl_exit ends_of_kafka(const struct verifier *verifier, struct lbx_pg_arrays *ends) {
    enum ctl_exit code = proof_ask(verifier->hashes, &sql_proof_places, NULL);
    for (size_t row = 0; code == CTL_DONE && row < lbx_pg_row_count(verifier->hashes, 0); row++) {
        const struct sql_proof_places_answer it =
            LBX_PG_READ(verifier->hashes, 0, row, proof_places, NULL);
        int64_t first, behind;
        enum lbx_err err = lbx_reader_ends(verifier->kafka, lbx_log_topic(it.topic),
                                           (int32_t)it.partition, &first, &behind);
        if (err == LBX_ERR_UNAVAILABLE)
            return ctl_kafka_failed(verifier->shared->ctl->settings.kafka_bootstrap_servers,
                                    "say where its partitions end");
        if (err != LBX_OK)
            continue;
        LBX_PG_ADD(ends, proof_behind_t, .topic = it.topic, .partition = it.partition,
                   .behind = behind);
    }
    return code;
}

/* The number of records that the store lacks up to these ends. */
static enum ctl_exit behind_kafka(const struct verifier *verifier, struct lbx_pg_arrays *ends,
                                  int64_t *ret_records) {
    struct lbx_pg_pipeline calls = {0};
    *ret_records = 0;
    if (LBX_PG_CALL(&calls, proof_behind, .t = ends) == LBX_NO_CALL)
        return CTL_DONE;
    enum lbx_err err = lbx_pg_run(verifier->hashes, &calls);
    if (err != LBX_OK)
        return ctl_statement_failed(&ctl_audit, err);
    *ret_records = LBX_PG_READ(verifier->hashes, 0, 0, proof_behind, NULL).records;
    return CTL_DONE;
}

/* Waits, up to a deadline, until the store has what Kafka had at the beginning. */
static enum ctl_exit await_kafka(const struct verifier *verifier) {
    int64_t deadline = lbx_monotonic_us() + CATCH_UP_S * LBX_SECOND_US, records = 0;
    struct lbx_pg_arrays ends LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    enum ctl_exit code = ends_of_kafka(verifier, &ends);
    while (code == CTL_DONE && (code = behind_kafka(verifier, &ends, &records)) == CTL_DONE &&
           records > 0) {
        if (lbx_monotonic_us() > deadline)
            return ctl_fail(
                CTL_NO, "the store is %" PRId64 " records behind Kafka: is the auditor running?",
                records);
        usleep(POLL_MS * 1000);
    }
    return code;
}

static uint64_t records_of(const struct scope *scope, const struct log *log) {
    return scope->behind >= 0 ? (uint64_t)(scope->behind - scope->first) : (uint64_t)log->rows;
}

static int larger_first(const void *a, const void *b) {
    const struct log *x = *(const struct log *const *)a, *y = *(const struct log *const *)b;
    return (x->rows < y->rows) - (x->rows > y->rows);
}

static enum ctl_exit choose_logs(struct run *run) {
    const struct logs *logs = &run->v.logs;
    uint64_t records = 0;
    run->logs = lbx_calloc((logs->count + 1) * sizeof *run->logs);
    for (size_t i = 0; i < logs->count; i++)
        if (is_in(&run->scope, &logs->list[i])) {
            run->logs[run->log_count++] = &logs->list[i];
            records += records_of(&run->scope, &logs->list[i]);
        }
    if (run->log_count == 0 && run->scope.topic)
        return ctl_fail(CTL_NO, "the audit store has nothing of %s", run->scope.topic);
    if (run->log_count)
        qsort(run->logs, run->log_count, sizeof *run->logs, larger_first);
    progress_begin(&run->v.progress, records);
    return CTL_DONE;
}

static void *check_some(void *context) {
    struct verifier *verifier = context;
    struct run *run = (struct run *)verifier->shared;
    size_t at;
    while (verifier->code == CTL_DONE && (at = atomic_fetch_add(&run->next, 1)) < run->log_count) {
        const struct log *log = run->logs[at];
        lbx_arena_reset(&verifier->arena);
        if (run->scope.behind >= 0)
            check_range(verifier, log, run->scope.first, run->scope.behind);
        else
            check_log(verifier, log);
    }
    if (verifier->code != CTL_DONE)
        atomic_store(&run->next, run->log_count); /* the others stop after their current log */
    return NULL;
}

static void add(struct verified_counts *sum, const struct verified_counts *one) {
    sum->records += one->records;
    sum->absent += one->absent;
    sum->checkpoints += one->checkpoints;
    sum->cosigned += one->cosigned;
    sum->unwitnessed += one->unwitnessed;
    sum->kafka_records += one->kafka_records;
    sum->kafka_gone += one->kafka_gone;
}

static enum ctl_exit check_all(struct run *run, struct verified_counts *ret_sum) {
    enum ctl_exit code = CTL_DONE;
    for (size_t i = 0; i < run->verifier_count; i++)
        if (pthread_create(&run->threads[i], NULL, check_some, &run->verifiers[i]) != 0)
            abort();
    for (size_t i = 0; i < run->verifier_count; i++) {
        pthread_join(run->threads[i], NULL);
        add(ret_sum, &run->verifiers[i].counts);
        if (run->verifiers[i].code > code)
            code = run->verifiers[i].code;
    }
    progress_end(&run->v.progress);
    return code;
}

static void say_result(const struct verification *v, const struct verified_counts *sum) {
    struct lbx_buf out LBX_BUF = {0};
    double seconds = (double)(lbx_monotonic_us() - v->progress.began_us) / LBX_SECOND_US;
    lbx_buf_printf(&out, "%" PRIu64 " records, %" PRIu64 " checkpoints, %zu logs in %.1f s: %s\n",
                   sum->records, sum->checkpoints, v->logs.count, seconds,
                   v->findings.count ? "not all is right" : "all is right");
    if (sum->absent && v->allow_absent)
        lbx_buf_printf(&out, "%" PRIu64 " records are not here, only their hashes\n", sum->absent);
    if (v->trusted.policy)
        lbx_buf_printf(&out,
                       "%" PRIu64 " checkpoints are cosigned; %" PRIu64
                       " leaves came after what enough witnesses saw\n",
                       sum->cosigned, sum->unwitnessed);
    if (v->ctl->options[CTL_KAFKA])
        lbx_buf_printf(
            &out, "%" PRIu64 " records are the same in Kafka; %" PRIu64 " are no longer there\n",
            sum->kafka_records, sum->kafka_gone);
    ctl_put(&out);
}

static enum ctl_exit load_skipped(struct verification *v, struct lbx_pg *pg) {
    struct lbx_arena *arena = &v->ctl->arena;
    enum ctl_exit code = proof_ask(pg, &sql_proof_skipped, NULL);
    if (code != CTL_DONE)
        return code;
    v->skipped_count = lbx_pg_row_count(pg, 0);
    v->skipped = LBX_ARENA_ARRAY(arena, struct skipped, v->skipped_count);
    for (size_t row = 0; row < v->skipped_count; row++) {
        const struct sql_proof_skipped_answer it = LBX_PG_READ(pg, 0, row, proof_skipped, arena);
        v->skipped[row] = (struct skipped){
            .topic = lbx_arena_strdup(arena, it.topic),
            .partition = (int32_t)it.partition,
            .first = it.first_offset,
            .last = it.last_offset,
            .operator_id = lbx_arena_strdup(arena, it.operator),
            .login = lbx_arena_strdup(arena, it.login),
            .reason = lbx_arena_strdup(arena, it.reason),
            .at = lbx_arena_strdup(arena, it.at),
        };
    }
    return CTL_DONE;
}

static enum ctl_exit load_accepted(struct verification *v, struct lbx_pg *pg) {
    struct lbx_arena *arena = &v->ctl->arena;
    enum ctl_exit code = proof_ask(pg, &sql_proof_accepted, NULL);
    if (code != CTL_DONE)
        return code;
    v->accepted_count = lbx_pg_row_count(pg, 0);
    v->accepted = LBX_ARENA_ARRAY(arena, struct accepted, v->accepted_count);
    for (size_t row = 0; row < v->accepted_count; row++) {
        const struct sql_proof_accepted_answer it = LBX_PG_READ(pg, 0, row, proof_accepted, arena);
        v->accepted[row] = (struct accepted){
            .topic = lbx_arena_strdup(arena, it.topic),
            .operator_id = lbx_arena_strdup(arena, it.operator),
            .login = lbx_arena_strdup(arena, it.login),
            .reason = lbx_arena_strdup(arena, it.reason),
            .partition = (int32_t)it.partition,
            .number = it.number,
        };
    }
    return CTL_DONE;
}

static void say_skipped(const struct verification *v) {
    struct lbx_buf out LBX_BUF = {0};
    for (size_t i = 0; i < v->accepted_count; i++) {
        const struct accepted *a = &v->accepted[i];
        lbx_buf_printf(
            &out, "%s/%d: its log was replaced, and accepted as %" PRId64 "~%s by %s (%s): %s\n",
            a->topic, a->partition, a->number, a->topic, a->operator_id, a->login, a->reason);
    }
    for (size_t i = 0; i < v->skipped_count; i++) {
        const struct skipped *s = &v->skipped[i];
        lbx_buf_printf(
            &out, "%s/%d: offsets %" PRId64 " to %" PRId64 " were stepped over by %s (%s): %s\n",
            s->topic, s->partition, s->first, s->last, s->operator_id, s->login, s->reason);
    }
    if (out.len)
        ctl_put(&out);
}

/* Checks, before waiting for Kafka, that this login sees all of the store. */
static enum ctl_exit need_all(const struct verifier *verifier) {
    enum ctl_exit code = proof_ask(verifier->hashes, &sql_proof_heads, NULL);
    if (code != CTL_DONE || lbx_pg_row_count(verifier->hashes, 0) == 0)
        return code;
    const struct logs logs = {.narrowed =
                                  !LBX_PG_READ(verifier->hashes, 0, 0, proof_heads, NULL).whole};
    return logs_need_all(&logs);
}

static enum ctl_exit begin(struct run *run) {
    struct ctl *ctl = run->v.ctl;
    enum ctl_exit code = read_scope(ctl, &run->scope);
    if (code == CTL_DONE)
        code = trusted_load(ctl, &run->v.trusted);
    if (code == CTL_DONE)
        code = open_verifier(run);
    if (code == CTL_DONE)
        code = need_all(&run->verifiers[0]);
    if (code == CTL_DONE && run->verifiers[0].kafka)
        code = await_kafka(&run->verifiers[0]);
    if (code == CTL_DONE)
        code = logs_load(ctl, run->verifiers[0].rows, &run->v.logs);
    if (code == CTL_DONE)
        code = load_skipped(&run->v, run->verifiers[0].rows);
    if (code == CTL_DONE)
        code = load_accepted(&run->v, run->verifiers[0].rows);
    if (code == CTL_DONE)
        code = choose_logs(run);
    return code == CTL_DONE ? open_verifiers(run) : code;
}

static enum ctl_exit verify_store(struct ctl *ctl) {
    struct run run LBX_CLEANUP(run_done) = {
        .v = {.ctl = ctl, .allow_absent = ctl->options[CTL_DETACHED] != NULL}};
    struct verified_counts sum = {0};
    findings_init(&run.v.findings);
    enum ctl_exit code = begin(&run);
    if (code != CTL_DONE)
        return code;
    code = check_all(&run, &sum);
    if (code == CTL_DONE)
        code = catalogue_check(ctl, &run.v.findings);
    ctl->found = run.v.findings.count;
    if (run.v.findings.count || ctl->format != CTL_TABLE)
        findings_print(&run.v.findings, ctl->format);
    if (code == CTL_DONE && ctl->format == CTL_TABLE) {
        say_skipped(&run.v);
        say_result(&run.v, &sum);
    }
    return code == CTL_DONE && run.v.findings.count ? CTL_NO : code;
}

enum ctl_exit ctl_audit_verify(struct ctl *ctl) {
    return ctl->args[0] ? verify_export(ctl) : verify_store(ctl);
}

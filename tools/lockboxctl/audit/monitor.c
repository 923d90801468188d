/* audit monitor: proves what is new since the checkpoints of the last run, and raises alarms about it.
 * Promises each alarm at least once: checkpoints are saved only after all their alarms. A log that was not
 * extended, or a record that is not proved, is reported in each run. Fails with the commands' exit codes. */
#include "alarms.h"
#include "catalogue.h"
#include "check_metrics.h"
#include "commands.h"
#include "meaning.h"
#include "monitor_kafka.h"
#include "monitor_state.h"
#include "range.h"
#include "sql_proof.h"
#include "verifier.h"
#include "witnessed.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { AT_ONCE = 100000, EVERY_MS = 10000 };

struct monitor {
    struct ctl *ctl;
    struct verification v;
    struct verifier verifier;
    struct monitor_state state;
    enum ctl_exit code; /* the worst error so far */
};

static void tell(struct monitor *m, const struct alarm *alarm) {
    enum ctl_exit code = alarm_tell(m->ctl, alarm);
    if (code > m->code)
        m->code = code;
}

static void tell_of_log(struct monitor *m, const char *kind, const struct log *log, int64_t offset,
                        const char *detail) {
    tell(m, &(struct alarm){.kind = kind,
                            .topic = log->topic,
                            .partition = log->partition,
                            .offset = offset,
                            .detail = detail});
}

/* Reports the findings since the last call, and clears them. Returns whether there were any. */
static bool tell_findings(struct monitor *m, const char *kind) {
    struct findings *findings = &m->v.findings;
    const bool any = findings->count > 0;
    for (size_t i = 0; i < findings->count; i++)
        tell(m, &(struct alarm){.kind = kind,
                                .topic = findings->list[i].topic,
                                .partition = findings->list[i].partition,
                                .offset = findings->list[i].offset,
                                .detail = findings->list[i].what});
    findings_done(findings);
    findings_init(findings);
    return any;
}

/* ---- proofs ---- */

/* Reads the newest checkpoint. *ret_any false: there is none yet, or it is not valid, which was reported. */
static void read_newest(struct monitor *m, const struct log *log, struct seen *ret_now,
                        bool *ret_any) {
    struct lbx_note note;
    struct lbx_checkpoint said;
    const char *wrong = "its size is more than the log's";
    enum ctl_exit code = checkpoint_newest(m->verifier.hashes, log, ret_any);
    if (code != CTL_DONE)
        m->code = code;
    *ret_any = *ret_any && code == CTL_DONE;
    if (!*ret_any)
        return;
    const struct stored_checkpoint stored = checkpoint_at(m->verifier.hashes, 0);
    *ret_any = checkpoint_holds(stored.note, strlen(stored.note), log->origin, &m->v.trusted, &note,
                                &said, &wrong) &&
               said.size <= log->size;
    if (*ret_any)
        *ret_now = (struct seen){said.size, said.root};
    else
        tell_of_log(m, "checkpoint_wrong", log, -1, wrong);
}

static bool extends(struct monitor *m, const struct log *log, const struct seen *last,
                    const struct seen *now) {
    struct log_hashes hashes LOG_HASHES;
    struct lbx_proof proof;
    log_hashes_init(&hashes, m->verifier.hashes, log);
    return now->size >= last->size &&
           lbx_tree_consistency(&hashes.source, last->size, now->size, &proof) == LBX_OK &&
           lbx_consistency_holds(last->size, now->size, &last->root, &now->root, &proof);
}

/* Whether the records of these leaves are the signed ones. */
static bool check_new(struct monitor *m, const struct log *log, uint64_t from, uint64_t to) {
    for (uint64_t at = from; at < to && m->verifier.code == CTL_DONE; at += AT_ONCE) {
        const uint64_t behind = to - at > AT_ONCE ? at + AT_ONCE : to;
        check_range(&m->verifier, log, log->base + (int64_t)at, log->base + (int64_t)behind);
    }
    if (m->verifier.code > m->code)
        m->code = m->verifier.code;
    return !tell_findings(m, "record_wrong") && m->verifier.code == CTL_DONE;
}

/* Checks that witnesses have seen what was new in the last run. */
static void check_witnessed(struct monitor *m, const struct log *log, const struct seen *last) {
    const uint64_t before = m->verifier.counts.unwitnessed;
    check_witnesses(&m->verifier, log);
    const uint64_t unwitnessed = m->verifier.counts.unwitnessed - before;
    struct alarm behind = meaning_not_witnessed(log->topic, log->partition,
                                                log->base + (int64_t)(log->size - unwitnessed));
    if (!tell_findings(m, "witness_missing") && last && log->size - unwitnessed < last->size)
        tell(m, &behind);
}

/* ---- alarms ---- */

struct telling {
    struct monitor *monitor;
    const struct log *log;
};

static void tell_meaning(void *context, const struct checked *checked) {
    const struct telling *it = context;
    struct monitor *m = it->monitor;
    struct lbx_arena *arena = &m->verifier.arena;
    const struct place place = {LBX_TOPIC_EVENTS, it->log->topic, it->log->partition};
    struct row row;
    struct alarm alarm;
    const char *wrong;
    lbx_arena_reset(arena);
    if (row_read(&place, checked->bytes, checked->len, true, arena, &row, &wrong) &&
        meaning_of_event(&row.record, arena, &alarm) &&
        meaning_concerns(&alarm, m->ctl->options[CTL_TENANT]))
        tell(m, &alarm);
}

static void tell_what_was_told(struct monitor *m, const struct log *log, uint64_t from,
                               uint64_t to) {
    struct telling it = {m, log};
    if (lbx_topic_of(log->topic, NULL) == LBX_TOPIC_EVENTS && from < to)
        verifier_each_row(&m->verifier, log, log->base + (int64_t)from, log->base + (int64_t)to,
                          tell_meaning, &it);
}

static void tell_violations(struct monitor *m) {
    const char *tenant = m->ctl->options[CTL_TENANT];
    struct lbx_pg *pg = m->verifier.hashes;
    if (!verifier_ask(&m->verifier, pg, &sql_proof_monitored_until, NULL))
        return;
    const char *until =
        lbx_arena_strdup(&m->ctl->arena, LBX_PG_READ(pg, 0, 0, proof_monitored_until, NULL).until);
    if (!VERIFIER_ASK(&m->verifier, pg, proof_violation_alarms, .since = m->state.since,
                      .until = until, .tenant = tenant ? tenant : ""))
        return;
    for (size_t row = 0; row < lbx_pg_row_count(pg, 0); row++) {
        const struct sql_proof_violation_alarms_answer it =
            LBX_PG_READ(pg, 0, row, proof_violation_alarms, NULL);
        const char *detail =
            it.detail ? it.detail
                      : meaning_of_deed(&m->ctl->arena, it.engineer_id, it.action, it.resource_id);
        tell(m, &(struct alarm){"violation", it.topic, (int32_t)it.partition, it.offset,
                                it.event_id, it.request_id, it.tenant_id, it.at, detail, it.why});
    }
    m->state.since = until;
}

/* ---- a run ---- */

static void look_at(struct monitor *m, const struct log *log) {
    const struct seen *last = lbx_map_get(&m->state.seen, log->origin);
    struct seen *now = LBX_ARENA_NEW(&m->ctl->arena, struct seen);
    bool any;
    read_newest(m, log, now, &any);
    if (!any)
        return;
    check_witnessed(m, log, last);
    if (last && !extends(m, log, last, now)) {
        struct alarm alarm =
            meaning_not_extended(&m->ctl->arena, log->topic, log->partition, now->size, last->size);
        tell(m, &alarm);
        return;
    }
    if (!check_new(m, log, last ? last->size : 0, now->size))
        return;
    tell_what_was_told(m, log, last ? last->size : 0, now->size);
    if (m->verifier.code != CTL_DONE)
        return;
    lbx_map_set(&m->state.seen, lbx_arena_strdup(&m->ctl->arena, log->origin), now);
}

/* Reports logs of the last run that are missing now. */
static void look_for_gone(struct monitor *m) {
    LBX_MAP_EACH(&m->state.seen, entry) {
        struct alarm gone = meaning_log_gone(&m->ctl->arena, entry->key);
        if (!logs_by_origin(&m->v.logs, entry->key))
            tell(m, &gone);
    }
}

static enum ctl_exit open_all(struct monitor *m) {
    struct verifier *verifier = &m->verifier;
    verifier->shared = &m->v;
    lbx_arena_init(&verifier->arena);
    findings_init(&m->v.findings);
    enum ctl_exit code = monitor_state_read(m->ctl, &m->state);
    if (code == CTL_DONE)
        code = trusted_load(m->ctl, &m->v.trusted);
    if (code == CTL_DONE)
        code = proof_connect(m->ctl, &verifier->rows);
    if (code == CTL_DONE)
        code = proof_connect(m->ctl, &verifier->hashes);
    stream_init(&verifier->stream, verifier->rows, true);
    if (code == CTL_DONE)
        code = logs_load(m->ctl, verifier->rows, &m->v.logs);
    if (code == CTL_DONE)
        code = logs_need_all(&m->v.logs);
    return code == CTL_DONE ? logs_share(verifier->rows, verifier->hashes) : code;
}

static void monitor_done(struct monitor *m) {
    stream_done(&m->verifier.stream);
    lbx_arena_done(&m->verifier.arena);
    lbx_pg_close(m->verifier.rows);
    lbx_pg_close(m->verifier.hashes);
    logs_done(&m->v.logs);
    trusted_done(&m->v.trusted);
    findings_done(&m->v.findings);
}

static enum ctl_exit run(struct ctl *ctl) {
    struct monitor m LBX_CLEANUP(monitor_done) = {
        .ctl = ctl, .v = {.ctl = ctl, .allow_absent = ctl->options[CTL_DETACHED] != NULL}};
    m.code = open_all(&m);
    if (m.code != CTL_DONE)
        return m.code;
    for (size_t i = 0; i < m.v.logs.count; i++) {
        const struct log *log = &m.v.logs.list[i];
        if (log->has_head && !log->is_checkpoints)
            look_at(&m, log);
    }
    look_for_gone(&m);
    tell_violations(&m);
    enum ctl_exit code = catalogue_check(ctl, &m.v.findings);
    tell_findings(&m, "catalogue");
    if (m.verifier.code > code)
        code = m.verifier.code;
    if (m.code > code)
        code = m.code;
    if (code == CTL_DONE)
        code = monitor_state_write(ctl, &m.state);
    return code == CTL_DONE && ctl->found ? CTL_NO : code;
}

/* Uses an arena for each round, as the number of rounds is unlimited. */
static enum ctl_exit once(struct ctl *ctl) {
    struct lbx_arena kept = ctl->arena;
    lbx_arena_init(&ctl->arena);
    ctl->found = 0;
    enum ctl_exit code = ctl->options[CTL_KAFKA] ? monitor_kafka(ctl) : run(ctl);
    lbx_arena_done(&ctl->arena);
    ctl->arena = kept;
    return code;
}

enum ctl_exit ctl_audit_monitor(struct ctl *ctl) {
    enum ctl_exit code = alarm_check_webhook(ctl);
    if (code != CTL_DONE)
        return code;
    while ((code = once(ctl)) != CTL_USAGE && ctl->options[CTL_WATCH]) {
        (void)check_metrics_write(ctl, code);
        poll(NULL, 0, EVERY_MS);
    }
    return code;
}

/* db reconcile: runs the rules of requester and decider on input that a restored database lacks,
 * record by record, in the order of Kafka's timestamps. Promises one transaction for each
 * record, fenced like a worker's, so that it can be stopped and started again; ids and times are
 * derived from causes, so that the results equal the published ones. Fails where a worker runs,
 * or a record cannot be handled. */
#include "commands.h"

#include "base/memory.h"
#include "database.h"
#include "decider/decider.h"
#include "input.h"
#include "io/admin.h"
#include "requester/requester.h"
#include "sql_decider.h"
#include "sql_reconcile.h"
#include "sql_requester.h"
#include "store/limits.h"
#include "told.h"
#include "worker/transact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONSUMERS = 2 };

/* The part of one worker. */
struct consumer {
    const struct lbx_events *events;
    const char *group;
    struct lbx_worker worker;
    struct lbx_handler *handler;
    struct lbx_claims claims;
};

struct reconcile {
    struct ctl *ctl;
    struct lbx_pg *pg;
    struct consumer consumers[CONSUMERS];
    int partitions[LBX_TOPIC_COUNT];
    struct lbx_arena arena;
    struct lbx_pg_pipeline calls;
};

static void done(struct reconcile *r) {
    for (size_t i = 0; i < CONSUMERS; i++) {
        lbx_claims_done(&r->consumers[i].claims);
        if (r->consumers[i].handler)
            r->consumers[i].handler->close(r->consumers[i].handler);
    }
    lbx_arena_done(&r->arena);
    lbx_pg_close(r->pg);
}

/* ---- start ---- */

static void name_consumers(struct reconcile *r) {
    const struct {
        const char *name, *source;
        const struct lbx_events *events;
    } all[CONSUMERS] = {{"requester", "/lockbox/requester", &requester_events},
                        {"decider", "/lockbox/decider", &decider_events}};
    for (size_t i = 0; i < CONSUMERS; i++) {
        struct consumer *it = &r->consumers[i];
        it->events = all[i].events;
        it->group =
            lbx_arena_printf(&r->ctl->arena, "%s%s", r->ctl->settings.group_prefix, all[i].name);
        it->worker.name = all[i].name;
        it->worker.source = all[i].source;
        it->worker.settings = r->ctl->settings;
    }
}

static enum ctl_exit open_session(struct reconcile *r) {
    const struct lbx_sql *const *const lists[] = {sql_reconcile_all,    lbx_offsets_statements,
                                                  lbx_store_statements, sql_requester_all,
                                                  sql_decider_all,      NULL};
    static const struct lbx_sql *const none[] = {NULL};
    const enum ctl_exit code = ctl_connect(r->ctl, &ctl_lockbox, none, &r->pg);
    if (code != CTL_DONE)
        return code;
    enum lbx_err err = lbx_pg_prepare(r->pg, lists);
    r->calls = (struct lbx_pg_pipeline){0};
    lbx_pg_call(&r->calls, &sql_reconcile_begin, NULL);
    lbx_pg_call(&r->calls, &sql_reconcile_workers, NULL);
    if (err == LBX_OK)
        err = lbx_pg_run(r->pg, &r->calls);
    if (err != LBX_OK)
        return ctl_statement_failed(&ctl_lockbox, err);
    for (size_t i = 0; i < CONSUMERS; i++)
        r->consumers[i].worker.pg = r->pg;
    if (r->ctl->options[CTL_DRY_RUN] || lbx_pg_row_count(r->pg, 1) == 0)
        return CTL_DONE;
    return ctl_fail(CTL_NO, "stop the %s first: it decides in this database",
                    LBX_PG_READ(r->pg, 1, 0, reconcile_workers, &r->ctl->arena).name);
}

static enum ctl_exit count_partitions(struct reconcile *r) {
    static const char *const nothing[] = {NULL};
    struct lbx_admin *admin = NULL;
    struct lbx_topic_look looks[LBX_TOPIC_COUNT];
    for (size_t i = 0; i < LBX_TOPIC_COUNT; i++)
        looks[i] = (struct lbx_topic_look){.name = ctl_topic(r->ctl, (enum lbx_topic)i),
                                           .config = nothing};
    enum lbx_err err = lbx_admin_open(&r->ctl->settings, "lockboxctl", &admin);
    if (err == LBX_OK)
        err = lbx_admin_look(admin, looks, LBX_TOPIC_COUNT);
    if (admin)
        lbx_admin_close(admin);
    for (size_t i = 0; err == LBX_OK && i < LBX_TOPIC_COUNT; i++)
        r->partitions[i] = looks[i].ret_partitions;
    return err == LBX_OK ? CTL_DONE
                         : ctl_kafka_failed(r->ctl->settings.kafka_bootstrap_servers, "answer");
}

static void claim_all(struct reconcile *r, struct consumer *it) {
    size_t all = 0, count = 0;
    for (const enum lbx_topic *topic = it->events->topics; *topic != LBX_TOPIC_COUNT; topic++)
        all += (size_t)r->partitions[*topic];
    struct lbx_partition *list LBX_FREE = lbx_calloc((all + 1) * sizeof *list);
    for (const enum lbx_topic *topic = it->events->topics; *topic != LBX_TOPIC_COUNT; topic++)
        for (int i = 0; i < r->partitions[*topic]; i++)
            list[count++] = (struct lbx_partition){.topic = ctl_topic(r->ctl, *topic), .id = i};
    lbx_claims_set(&it->claims, list, count);
}

/* Reads the database's offsets, without taking partitions. */
static enum lbx_err look(struct reconcile *r) {
    struct lbx_pg_arrays groups LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    for (size_t i = 0; i < CONSUMERS; i++)
        lbx_pg_array_text(&groups, r->consumers[i].group);
    r->calls = (struct lbx_pg_pipeline){0};
    const size_t call = LBX_PG_CALL(&r->calls, reconcile_offsets, .consumers = &groups);
    const enum lbx_err err = lbx_pg_run(r->pg, &r->calls);
    for (size_t row = 0; err == LBX_OK && row < lbx_pg_row_count(r->pg, call); row++) {
        const struct sql_reconcile_offsets_answer it =
            LBX_PG_READ(r->pg, call, row, reconcile_offsets, NULL);
        for (size_t i = 0; i < CONSUMERS; i++) {
            const struct lbx_claims *claims = &r->consumers[i].claims;
            struct lbx_claim *claim =
                strcmp(it.consumer, r->consumers[i].group) == 0
                    ? lbx_claim_find(claims->list, claims->count, it.topic, it.partition)
                    : NULL;
            if (claim)
                claim->next_offset = claim->batch_end = it.next_offset;
        }
    }
    return err;
}

static enum lbx_err take(struct reconcile *r) {
    enum lbx_err err = LBX_OK;
    for (size_t i = 0; err == LBX_OK && i < CONSUMERS; i++) {
        struct consumer *it = &r->consumers[i];
        err = lbx_offsets_take(r->pg, it->group, "lockboxctl", it->claims.list, it->claims.count);
        it->handler = lbx_events_handler(&it->worker, it->events);
    }
    return err;
}

static enum ctl_exit begin(struct reconcile *r) {
    name_consumers(r);
    if (lbx_limits_check(&r->ctl->settings) != LBX_OK ||
        emergencies_check(&r->ctl->settings) != LBX_OK)
        return CTL_USAGE;
    enum ctl_exit code = open_session(r);
    if (code == CTL_DONE)
        code = count_partitions(r);
    if (code != CTL_DONE)
        return code;
    for (size_t i = 0; i < CONSUMERS; i++)
        claim_all(r, &r->consumers[i]);
    const enum lbx_err err = r->ctl->options[CTL_DRY_RUN] ? look(r) : take(r);
    return err == LBX_OK ? CTL_DONE : ctl_statement_failed(&ctl_lockbox, err);
}

/* ---- input records ---- */

static enum lbx_err handle(struct reconcile *r, struct consumer *it,
                           const struct lbx_record *record, bool refused) {
    lbx_arena_reset(&r->arena);
    lbx_claims_plan(&it->claims, &record, 1);
    const struct lbx_records records = {
        .worker = &it->worker,
        .group = it->group,
        .arena = &r->arena,
        .list = &record,
        .count = 1,
        .claims = it->claims.list,
        .claim_count = it->claims.count,
        .refused = refused,
    };
    const enum lbx_err err = lbx_transact_batch(it->handler, &records, &r->calls);
    lbx_pg_release(r->pg);
    if (err == LBX_OK)
        lbx_claims_advance(&it->claims);
    return err;
}

/* Handles a record like a worker: one that the database refuses alone is quarantined. */
static enum ctl_exit derive_one(struct reconcile *r, struct consumer *it,
                                const struct lbx_record *record) {
    enum lbx_err err = handle(r, it, record, false);
    if (err == LBX_ERR_INVALID)
        err = handle(r, it, record, true);
    return err == LBX_OK
               ? CTL_DONE
               : ctl_fail(CTL_NO, "%s/%d at offset %lld cannot be handled: %s", record->topic_name,
                          record->partition, (long long)record->offset, lbx_err_text(err));
}

static enum ctl_exit derive(struct reconcile *r, int64_t *ret_records) {
    const struct lbx_claims *const claims[CONSUMERS] = {&r->consumers[0].claims,
                                                        &r->consumers[1].claims};
    struct input *input = NULL;
    struct lbx_record record;
    size_t which;
    enum ctl_exit code = input_open(r->ctl, claims, CONSUMERS, &input);
    if (code != CTL_DONE)
        return code;
    *ret_records = input_left(input);
    while (code == CTL_DONE && !r->ctl->options[CTL_DRY_RUN] &&
           (code = input_next(input, &record, &which)) == CTL_DONE)
        code = derive_one(r, &r->consumers[which], &record);
    const bool ended = !r->ctl->options[CTL_DRY_RUN] && code == CTL_NO && input_left(input) == 0;
    input_close(input);
    return ended ? CTL_DONE : code;
}

static enum ctl_exit end(struct reconcile *r) {
    r->calls = (struct lbx_pg_pipeline){0};
    if (r->ctl->options[CTL_DRY_RUN])
        return CTL_DONE;
    lbx_pg_call(&r->calls, &sql_reconcile_end, NULL);
    const enum lbx_err err = lbx_pg_run(r->pg, &r->calls);
    return err == LBX_OK ? CTL_DONE : ctl_statement_failed(&ctl_lockbox, err);
}

static enum ctl_exit reconcile(struct reconcile *r, struct told *told) {
    int64_t records = 0;
    size_t lost = 0;
    enum ctl_exit code = begin(r);
    if (code == CTL_DONE)
        code = told_read(r->ctl, r->partitions[LBX_TOPIC_EVENTS], told);
    if (code == CTL_DONE)
        code = derive(r, &records);
    if (code == CTL_DONE)
        code = told_compare(r->ctl, r->pg, told, &lost);
    if (code == CTL_DONE)
        code = end(r);
    if (code != CTL_DONE)
        return code;
    fprintf(
        stderr, "%lld records of input %s; %zu versions that were told are not in the database\n",
        (long long)records, r->ctl->options[CTL_DRY_RUN] ? "are to be read" : "were read", lost);
    return lost > 0 ? CTL_NO : CTL_DONE;
}

enum ctl_exit ctl_db_reconcile(struct ctl *ctl) {
    struct reconcile *r = lbx_calloc(sizeof *r);
    struct told told = {0};
    r->ctl = ctl;
    lbx_arena_init(&r->arena);
    const enum ctl_exit code = reconcile(r, &told);
    told_done(&told);
    done(r);
    free(r);
    return code;
}

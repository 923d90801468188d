/* Collects the results of rows of outbox and quarantine (delivered, put off, refused), and
 * writes them to PostgreSQL in sets. Promises that a failed round trip loses no result. A row
 * that the database refuses to mark is logged, skipped, and marked again each minute; one that
 * another transaction locks, each second. Fails only with the database. */
#include "marks.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/metrics.h"
#include "worker/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_US (60 * LBX_SECOND_US)
#define HELD_AGAIN_US LBX_SECOND_US
enum {
    LEFT_OUT_MOST = 1000, /* if more are skipped, the rows are hardly at fault */
    HELD_MOST = 4000,
};

/* ---- results ---- */

static void add(struct relay_marks *marks, struct relay_mark mark) {
    if (marks->count == marks->cap) {
        marks->cap = marks->cap ? marks->cap * 2 : 64;
        marks->list = lbx_realloc(marks->list, sizeof *marks->list * marks->cap);
    }
    marks->list[marks->count++] = mark;
}

static struct relay_mark mark_of(const struct relay_row *row, enum relay_end end) {
    return (struct relay_mark){
        .end = end, .is_letter = row->is_letter, .id = row->row.id, .why = row->row.why};
}

static void write_topic(const struct relay_marks *marks, bool is_letter, char ret_topic[256]) {
    snprintf(ret_topic, 256, "%s%s", marks->topic_prefix,
             lbx_topic_name(is_letter ? LBX_TOPIC_DEADLETTER : LBX_TOPIC_EVENTS));
}

void relay_marks_delivered(struct relay_marks *marks, const struct relay_row *row) {
    add(marks, mark_of(row, RELAY_DELIVERED));
}

void relay_marks_put_off(struct relay_marks *marks, const struct relay_row *row) {
    add(marks, mark_of(row, RELAY_PUT_OFF));
}

void relay_marks_refused(struct relay_marks *marks, const struct relay_row *row) {
    char topic[256];
    write_topic(marks, row->is_letter, topic);
    lbx_log(LBX_LOG_ERROR, "a row is refused for good", LBX_S("topic", topic),
            LBX_N("id", row->row.id), LBX_S("error", row->row.why));
    add(marks, mark_of(row, RELAY_REFUSED));
}

bool relay_marks_any(const struct relay_marks *marks) {
    return marks->count > 0;
}

/* ---- rows that are left out ---- */

static struct relay_mark *find(struct relay_mark *list, size_t count, bool is_letter, int64_t id) {
    for (size_t i = 0; i < count; i++)
        if (list[i].id == id && list[i].is_letter == is_letter)
            return &list[i];
    return NULL;
}

bool relay_marks_leave(const struct relay_marks *marks, bool is_letter, int64_t id) {
    return find(marks->left_out, marks->left_out_count, is_letter, id) ||
           find(marks->held, marks->held_count, is_letter, id) ||
           find(marks->list, marks->count, is_letter, id);
}

static void leave_out(struct relay_marks *marks, struct relay_mark mark) {
    struct relay_mark *known =
        find(marks->left_out, marks->left_out_count, mark.is_letter, mark.id);
    if (marks->left_out_count == 0)
        marks->again_us = lbx_monotonic_us() + AGAIN_US;
    if (!known) {
        marks->left_out =
            lbx_realloc(marks->left_out, sizeof *marks->left_out * (marks->left_out_count + 1));
        known = &marks->left_out[marks->left_out_count++];
    }
    *known = mark;
}

void relay_marks_leave_out(struct relay_marks *marks, bool is_letter, int64_t id) {
    leave_out(marks, (struct relay_mark){.end = RELAY_PUT_OFF, .is_letter = is_letter, .id = id});
    lbx_worker_incident(lbx_unreadable_row());
}

static void leave_refused(struct relay_marks *marks, struct relay_mark mark, const char *sqlstate) {
    char id[24];
    snprintf(id, sizeof id, "%" PRId64, mark.id);
    lbx_row_refused(mark.is_letter ? "quarantine" : "outbox", id, sqlstate);
    lbx_worker_incident(lbx_refused_row());
    leave_out(marks, mark);
}

/* Writes delivered rows again. Others need no mark: they are found again among the waiting rows. */
static void try_again(struct relay_marks *marks) {
    if (marks->left_out_count == 0 || lbx_monotonic_us() < marks->again_us)
        return;
    for (size_t i = 0; i < marks->left_out_count; i++)
        if (marks->left_out[i].end == RELAY_DELIVERED)
            add(marks, marks->left_out[i]);
    marks->left_out_count = 0;
    lbx_worker_incident(NULL);
}

/* ---- rows that another transaction holds ---- */

static void hold(struct relay_marks *marks, struct relay_mark mark) {
    if (!mark.held_since_us)
        mark.held_since_us = lbx_realtime_us();
    marks->held = lbx_realloc(marks->held, sizeof *marks->held * (marks->held_count + 1));
    marks->held[marks->held_count++] = mark;
    marks->held_again_us = lbx_monotonic_us() + HELD_AGAIN_US;
}

static void tell_held_again(struct relay_marks *marks) {
    if (marks->held_count == 0 || lbx_monotonic_us() < marks->held_again_us)
        return;
    for (size_t i = 0; i < marks->held_count; i++)
        add(marks, marks->held[i]);
    marks->held_count = 0;
}

int64_t relay_marks_held_since_us(const struct relay_marks *marks) {
    int64_t since_us = 0;
    for (size_t i = 0; i < marks->held_count; i++)
        if (!since_us || marks->held[i].held_since_us < since_us)
            since_us = marks->held[i].held_since_us;
    return since_us;
}

bool relay_marks_are_full(const struct relay_marks *marks) {
    return marks->held_count >= HELD_MOST;
}

/* ---- writing results ---- */

static void told_done(struct relay_told *told) {
    lbx_pg_arrays_done(&told->events);
    lbx_pg_arrays_done(&told->letters);
    lbx_pg_arrays_done(&told->put_off_events);
    lbx_pg_arrays_done(&told->put_off_letters);
    lbx_pg_arrays_done(&told->refused_events);
    lbx_pg_arrays_done(&told->refused_letters);
    *told = (struct relay_told){0};
}

static void add_told(struct relay_marks *marks, const struct relay_mark *it) {
    struct relay_told *told = &marks->told;
    char topic[256];
    if (it->end == RELAY_DELIVERED) {
        lbx_pg_array_int(it->is_letter ? &told->letters : &told->events, it->id);
    } else if (it->end == RELAY_PUT_OFF) {
        LBX_PG_ADD(it->is_letter ? &told->put_off_letters : &told->put_off_events,
                   relay_put_off_outbox_given, .id = it->id, .error = it->why);
    } else {
        write_topic(marks, it->is_letter, topic);
        LBX_PG_ADD(it->is_letter ? &told->refused_letters : &told->refused_events,
                   relay_refuse_outbox_given, .id = it->id, .topic = topic, .error = it->why);
    }
}

/* Adds calls for the first `count` results. */
static void tell_first(struct relay_marks *marks, size_t count, const char *holder,
                       struct lbx_pg_pipeline *calls) {
    struct relay_told *it = &marks->told;
    told_done(it);
    for (size_t i = 0; i < count; i++)
        add_told(marks, &marks->list[i]);
    size_t *delivered = it->calls[RELAY_DELIVERED], *put_off = it->calls[RELAY_PUT_OFF],
           *refused = it->calls[RELAY_REFUSED];
    delivered[0] = delivered[1] = LBX_NO_CALL;
    if (lbx_pg_arrays_count(&it->events))
        delivered[0] = LBX_PG_CALL(calls, relay_mark_outbox, .seqs = &it->events, .holder = holder);
    if (lbx_pg_arrays_count(&it->letters))
        delivered[1] =
            LBX_PG_CALL(calls, relay_mark_quarantine, .ids = &it->letters, .holder = holder);
    put_off[0] =
        LBX_PG_CALL(calls, relay_put_off_outbox, .given = &it->put_off_events, .holder = holder);
    put_off[1] = LBX_PG_CALL(calls, relay_put_off_quarantine, .given = &it->put_off_letters,
                             .holder = holder);
    refused[0] =
        LBX_PG_CALL(calls, relay_refuse_outbox, .given = &it->refused_events, .holder = holder);
    refused[1] = LBX_PG_CALL(calls, relay_refuse_quarantine, .given = &it->refused_letters,
                             .holder = holder);
}

void relay_marks_tell(struct relay_marks *marks, const char *holder,
                      struct lbx_pg_pipeline *calls) {
    if (marks->telling == 0) {
        try_again(marks);
        tell_held_again(marks);
        marks->telling = marks->count;
    }
    tell_first(marks, marks->telling, holder, calls);
}

static void forget_first(struct relay_marks *marks, size_t count) {
    marks->telling -= count;
    marks->count -= count;
    memmove(marks->list, marks->list + count, sizeof *marks->list * marks->count);
    told_done(&marks->told);
}

/* Keeps the results that a call returned, whose rows are locked. All statements answer the same column. */
static size_t hold_answered(struct relay_marks *marks, const struct lbx_pg *pg, size_t call,
                            bool is_letter) {
    const size_t count = lbx_pg_row_count(pg, call);
    for (size_t i = 0; i < count; i++) {
        const int64_t id = LBX_PG_READ(pg, call, i, relay_mark_outbox, NULL).held;
        const struct relay_mark *mark = find(marks->list, marks->telling, is_letter, id);
        if (mark)
            hold(marks, *mark);
    }
    return count;
}

static void first_told(struct relay_marks *marks, size_t count, const struct lbx_pg *pg) {
    const struct relay_told *told = &marks->told;
    size_t held[3] = {0};
    for (int end = RELAY_DELIVERED; end <= RELAY_REFUSED; end++)
        for (int is_letter = 0; is_letter < 2; is_letter++)
            held[end] += hold_answered(marks, pg, told->calls[end][is_letter], is_letter);
    lbx_metric_add(&lbx_published_metric,
                   (int64_t)(lbx_pg_arrays_count(&told->events) +
                             lbx_pg_arrays_count(&told->letters) - held[RELAY_DELIVERED]));
    forget_first(marks, count);
}

void relay_marks_told(struct relay_marks *marks, const struct lbx_pg *pg) {
    if (marks->telling > 0)
        first_told(marks, marks->telling, pg);
}

/* ---- refused marks ---- */

static enum lbx_err tell_by_itself(struct relay_marks *marks, size_t count, const char *holder,
                                   struct lbx_pg *pg) {
    struct lbx_pg_pipeline calls = {0};
    tell_first(marks, count, holder, &calls);
    return lbx_pg_run(pg, &calls);
}

enum lbx_err relay_marks_sort_out(struct relay_marks *marks, const char *holder,
                                  struct lbx_pg *pg) {
    size_t most = marks->telling;
    while (marks->telling > 0) {
        const size_t count = most < marks->telling ? most : marks->telling;
        enum lbx_err err = tell_by_itself(marks, count, holder, pg);
        if (err == LBX_OK) {
            first_told(marks, count, pg);
            most = count * 2;
        } else if (err != LBX_ERR_INVALID || marks->left_out_count == LEFT_OUT_MOST) {
            return err;
        } else if (count > 1) {
            most = count / 2;
        } else {
            leave_refused(marks, marks->list[0], lbx_pg_sqlstate(pg));
            forget_first(marks, 1);
        }
    }
    return LBX_OK;
}

void relay_marks_done(struct relay_marks *marks) {
    told_done(&marks->told);
    free(marks->list);
    free(marks->left_out);
    free(marks->held);
}

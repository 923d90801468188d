/* Collects the rows that ended, as sets that statements take.
 * Promises that nothing is forgotten where a round trip fails. Never fails itself.
 */
#include "marks.h"

#include "base/log.h"
#include "store/metrics.h"

#include <stdio.h>

void relay_marks_delivered(struct relay_marks *marks, const struct relay_row *row) {
    lbx_pg_array_int(row->is_letter ? &marks->next.letters : &marks->next.events, row->row.id);
}

void relay_marks_put_off(struct relay_marks *marks, const struct relay_row *row) {
    if (row->is_letter)
        LBX_PG_ADD(&marks->next.put_off_letters, relay_put_off_quarantine_given, .id = row->row.id,
                   .error = row->row.why);
    else
        LBX_PG_ADD(&marks->next.put_off_events, relay_put_off_outbox_given, .id = row->row.id,
                   .error = row->row.why);
}

void relay_marks_refused(struct relay_marks *marks, const struct relay_row *row) {
    char topic[256];
    snprintf(topic, sizeof topic, "%s%s", marks->topic_prefix, lbx_topic_name(row->row.topic));
    lbx_log(LBX_LOG_ERROR, "a row is refused for good", LBX_S("topic", topic),
            LBX_N("id", row->row.id), LBX_S("error", row->row.why));
    if (row->is_letter)
        LBX_PG_ADD(&marks->next.refused_letters, relay_refuse_quarantine_given, .id = row->row.id,
                   .topic = topic, .error = row->row.why);
    else
        LBX_PG_ADD(&marks->next.refused_events, relay_refuse_outbox_given, .id = row->row.id,
                   .topic = topic, .error = row->row.why);
}

static bool any(const struct relay_marked *marked) {
    return lbx_pg_arrays_count(&marked->events) || lbx_pg_arrays_count(&marked->letters) ||
           lbx_pg_arrays_count(&marked->put_off_events) ||
           lbx_pg_arrays_count(&marked->put_off_letters) ||
           lbx_pg_arrays_count(&marked->refused_events) ||
           lbx_pg_arrays_count(&marked->refused_letters);
}

bool relay_marks_any(const struct relay_marks *marks) {
    return any(&marks->next) || any(&marks->telling);
}

static void done(struct relay_marked *marked) {
    lbx_pg_arrays_done(&marked->events);
    lbx_pg_arrays_done(&marked->letters);
    lbx_pg_arrays_done(&marked->put_off_events);
    lbx_pg_arrays_done(&marked->put_off_letters);
    lbx_pg_arrays_done(&marked->refused_events);
    lbx_pg_arrays_done(&marked->refused_letters);
}

void relay_marks_done(struct relay_marks *marks) {
    done(&marks->next);
    done(&marks->telling);
}

void relay_marks_tell(struct relay_marks *marks, const char *holder,
                      struct lbx_pg_pipeline *calls) {
    struct relay_marked *it = &marks->telling;
    if (!any(it)) {
        *it = marks->next;
        marks->next = (struct relay_marked){0};
    }
    if (lbx_pg_arrays_count(&it->events))
        LBX_PG_CALL(calls, relay_mark_outbox, .seqs = &it->events, .holder = holder);
    if (lbx_pg_arrays_count(&it->letters))
        LBX_PG_CALL(calls, relay_mark_quarantine, .ids = &it->letters, .holder = holder);
    LBX_PG_CALL(calls, relay_put_off_outbox, .given = &it->put_off_events, .holder = holder);
    LBX_PG_CALL(calls, relay_put_off_quarantine, .given = &it->put_off_letters, .holder = holder);
    LBX_PG_CALL(calls, relay_refuse_outbox, .given = &it->refused_events, .holder = holder);
    LBX_PG_CALL(calls, relay_refuse_quarantine, .given = &it->refused_letters, .holder = holder);
}

void relay_marks_told(struct relay_marks *marks) {
    struct relay_marked *it = &marks->telling;
    lbx_metric_add(&lbx_published_metric,
                   (int64_t)(lbx_pg_arrays_count(&it->events) + lbx_pg_arrays_count(&it->letters)));
    done(it);
}

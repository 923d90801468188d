/* quarantine replay and quarantine discard. A replay is recorded in the database before the
 * record is sent, and settled, with an event, once Kafka has the record. Promises that an
 * interrupted replay, begun again after a minute, publishes the record with the same CloudEvents
 * id, so that it has its effect once. Fail with the error printed. */
#include "commands.h"

#include "arguments.h"
#include "database.h"
#include "event/envelope.h"
#include "publish/publish.h"
#include "rejected.h"
#include "sql_ctl.h"

#include <stdio.h>
#include <string.h>

#define REPLAY_HEADER "lockbox-replay-of"

static const struct lbx_sql *const statements[] = {
    &sql_ctl_quarantine_show, &sql_ctl_quarantine_begin, &sql_ctl_quarantine_settle, NULL};

/* The settling of one record. */
struct settling {
    struct ctl *ctl;
    struct lbx_pg *pg;
    const char *id, *begun_at; /* begun_at in PostgreSQL's form */
    enum lbx_event_type event;
    struct lbx_quarantine_settled told;
    struct ctl_rejected record;
};

/* ---- the row in the database ---- */

static enum ctl_exit ask(struct settling *s, struct lbx_pg_pipeline *calls) {
    lbx_pg_release(s->pg);
    enum lbx_err err = lbx_pg_run(s->pg, calls);
    return err == LBX_OK ? CTL_DONE : ctl_statement_failed(&ctl_lockbox, err);
}

static const char *keep(struct settling *s, const char *text) {
    return lbx_arena_strdup(&s->ctl->arena, text);
}

static enum ctl_exit look(struct settling *s) {
    struct lbx_pg_pipeline calls = {0};
    LBX_PG_CALL(&calls, ctl_quarantine_show, .id = s->id);
    enum ctl_exit code = ask(s, &calls);
    if (code != CTL_DONE)
        return code;
    if (lbx_pg_row_count(s->pg, 0) == 0)
        return ctl_fail(
            CTL_NO, "nothing in quarantine has the id %s; see lockboxctl quarantine list", s->id);
    const struct sql_ctl_quarantine_show_answer it =
        LBX_PG_READ(s->pg, 0, 0, ctl_quarantine_show, &s->ctl->arena);
    s->told.topic = keep(s, it.topic);
    s->told.partition = it.partition;
    s->told.offset = it.offset;
    return ctl_rejected_read(s->ctl, s->pg, &s->record);
}

static enum ctl_exit taken_before(const struct settling *s,
                                  const struct sql_ctl_quarantine_begin_answer *it) {
    struct lbx_buf at LBX_BUF = {0};
    ctl_put_cell(CTL_CELL_TIME, it->settled_at ? it->settled_at : it->begun_at, &at);
    return ctl_fail(CTL_NO, "%s: %s by %s (%s) %s %s", s->id, it->outcome, it->operator_id,
                    it->login, it->settled_at ? "already, at" : "is under way, since", at.data);
}

static enum ctl_exit begin(struct settling *s, const char *outcome) {
    struct lbx_pg_pipeline calls = {0};
    LBX_PG_CALL(&calls, ctl_quarantine_begin, .id = s->id, .outcome = outcome,
                .operator_id = s->told.by.id, .reason = s->told.reason);
    enum ctl_exit code = ask(s, &calls);
    if (code != CTL_DONE)
        return code;
    const struct sql_ctl_quarantine_begin_answer it =
        LBX_PG_READ(s->pg, 0, 0, ctl_quarantine_begin, NULL);
    if (!it.begun)
        return taken_before(s, &it);
    s->begun_at = keep(s, it.begun_at);
    return CTL_DONE;
}

static enum ctl_exit settle(struct settling *s) {
    bool replayed = s->event == LBX_EVENT_QUARANTINE_REPLAYED;
    char event_id[LBX_UUID_SIZE];
    struct lbx_buf by LBX_BUF = {0};
    struct lbx_pg_pipeline calls = {0};
    ctl_event_id(event_id);
    lbx_json_write(&lbx_principal_table, &s->told.by, &by);
    const char *partition =
        lbx_arena_printf(&s->ctl->arena, "%lld", (long long)s->told.replayed_partition);
    const char *offset =
        lbx_arena_printf(&s->ctl->arena, "%lld", (long long)s->told.replayed_offset);
    LBX_PG_CALL(&calls, ctl_quarantine_settle, .id = s->id, .begun_at = s->begun_at,
                .event_id = event_id, .settled_by = by.data,
                .partition = replayed ? partition : NULL, .offset = replayed ? offset : NULL);
    enum ctl_exit code = ask(s, &calls);
    if (code == CTL_DONE && !LBX_PG_READ(s->pg, 0, 0, ctl_quarantine_settle, NULL).settled)
        code = ctl_fail(CTL_NO, "%s: somebody else has begun it since", s->id);
    return code;
}

/* ---- replay ---- */

static const struct lbx_header *headers_of(struct settling *s) {
    const struct ctl_rejected *r = &s->record;
    struct lbx_header *headers =
        LBX_ARENA_ARRAY(&s->ctl->arena, struct lbx_header, r->header_count + 1);
    const char *origin = lbx_arena_printf(&s->ctl->arena, "%s/%lld/%lld", s->told.topic,
                                          (long long)s->told.partition, (long long)s->told.offset);
    if (r->header_count)
        memcpy(headers, r->headers, sizeof *headers * r->header_count);
    headers[r->header_count] = (struct lbx_header){REPLAY_HEADER, origin, strlen(origin)};
    return headers;
}

static enum ctl_exit publish_again(struct settling *s) {
    const struct ctl_rejected *r = &s->record;
    struct ctl_place place;
    const struct lbx_record record = {
        .topic = lbx_topic_of(s->told.topic, s->ctl->settings.topic_prefix),
        .topic_name = s->told.topic,
        .key = r->key.data,
        .key_len = r->key.len,
        .value = r->value.data,
        .value_len = r->value.len,
        .headers = headers_of(s),
        .header_count = r->header_count + 1,
    };
    enum ctl_exit code = ctl_send(s->ctl, &record, &place);
    s->told.replayed_partition = place.partition;
    s->told.replayed_offset = place.offset;
    return code;
}

static enum ctl_exit replay(struct settling *s) {
    s->event = LBX_EVENT_QUARANTINE_REPLAYED;
    enum ctl_exit code = look(s);
    if (code == CTL_DONE &&
        lbx_topic_of(s->told.topic, s->ctl->settings.topic_prefix) == LBX_TOPIC_COUNT)
        code = ctl_fail(CTL_USAGE, "%s: %s is no topic of LOCKBOX_TOPIC_PREFIX %s", s->id,
                        s->told.topic, s->ctl->settings.topic_prefix);
    if (code == CTL_DONE && s->record.is_cut)
        code =
            ctl_fail(CTL_NO,
                     "%s: the quarantine keeps the first 256 KB of it; the whole record stands in "
                     "%s, partition %lld, offset %lld",
                     s->id, s->told.topic, (long long)s->told.partition, (long long)s->told.offset);
    if (code == CTL_DONE)
        code = begin(s, "replayed");
    if (code == CTL_DONE)
        code = publish_again(s);
    if (code == CTL_DONE)
        code = settle(s);
    if (code == CTL_DONE)
        printf("%s replayed to %s, partition %lld, offset %lld\n", s->id, s->told.topic,
               (long long)s->told.replayed_partition, (long long)s->told.replayed_offset);
    return code;
}

static enum ctl_exit discard(struct settling *s) {
    s->event = LBX_EVENT_QUARANTINE_DISCARDED;
    enum ctl_exit code = look(s);
    if (code == CTL_DONE)
        code = begin(s, "discarded");
    if (code == CTL_DONE)
        code = settle(s);
    if (code == CTL_DONE)
        printf("%s discarded\n", s->id);
    return code;
}

/* ---- commands ---- */

static bool ids_are_valid(const struct ctl *ctl) {
    bool good = ctl_quarantine_id_is_valid(ctl->args[0]);
    for (size_t i = 0; good && ctl->rest[i]; i++)
        good = ctl_quarantine_id_is_valid(ctl->rest[i]);
    return good;
}

static bool reason_is_valid(const struct ctl *ctl) {
    enum { REASON_MAX = 2000 };
    const char *reason = ctl->options[CTL_REASON];
    if (!reason || (*reason && strlen(reason) <= REASON_MAX))
        return true;
    ctl_fail(CTL_USAGE, "--reason takes 1 to %d bytes of text", REASON_MAX);
    return false;
}

/* Settles records one by one. After a failure, which is printed, the next one is tried, unless a
 * dependency is down. */
static enum ctl_exit each(struct ctl *ctl, enum ctl_exit (*settle_one)(struct settling *)) {
    struct settling s = {.ctl = ctl, .told = {.reason = ctl->options[CTL_REASON]}};
    struct lbx_pg *pg CTL_PG = NULL;
    if (!ids_are_valid(ctl) || !reason_is_valid(ctl) || !ctl_read_operator(ctl, &s.told.by))
        return CTL_USAGE;
    enum ctl_exit code = ctl_connect(ctl, &ctl_lockbox, statements, &pg), worst = code;
    s.pg = pg;
    for (size_t i = 0; code < CTL_UNREACHABLE && code != CTL_USAGE; i++) {
        s.id = i ? ctl->rest[i - 1] : ctl->args[0];
        if (!s.id || !pg)
            break;
        code = settle_one(&s);
        worst = code > worst ? code : worst;
    }
    return worst;
}

enum ctl_exit ctl_quarantine_replay(struct ctl *ctl) {
    return each(ctl, replay);
}

enum ctl_exit ctl_quarantine_discard(struct ctl *ctl) {
    return each(ctl, discard);
}

/* Decides whether a record, from Kafka or the audit store, needs an alarm of audit monitor, and
 * writes its text. Promises the same alarm for a record from either source; a malformed record
 * is read as far as possible. Cannot fail: an unreadable record has no alarm, except a report of
 * access, which is a violation. */
#include "meaning.h"

#include "base/time.h"
#include "event/open.h"
#include "event/summary.h"

#include <inttypes.h>
#include <string.h>

enum { TEXT_MAX = 2048 };
#define LATE_US (INT64_C(5) * 60 * 1000000)

/* ---- the members that are read ---- */

struct by {
    const char *id;
};
struct asked {
    const char *resource_id;
    bool signed_decisions;
};
struct said {
    struct asked request;
    const char *change, *subscription_id, *principal_id;
    struct by by;
    bool weakens;
};
struct event {
    struct said data;
};

#define TEXT(owner, member) LBX_ROW_TEXT(owner, member, .max = TEXT_MAX)

static const struct lbx_field by_rows[] = {TEXT(by, id)};
static const struct lbx_table by_table = LBX_TABLE("by", by, by_rows);

static const struct lbx_field asked_rows[] = {
    TEXT(asked, resource_id),
    LBX_ROW_BOOL(asked, signed_decisions, .required = false),
};
static const struct lbx_table asked_table = LBX_TABLE("asked", asked, asked_rows);

static const struct lbx_field said_rows[] = {
    LBX_ROW_OBJECT(said, request, struct asked, .of = &asked_table),
    TEXT(said, change),
    TEXT(said, subscription_id),
    TEXT(said, principal_id),
    LBX_ROW_OBJECT(said, by, struct by, .of = &by_table),
    LBX_ROW_BOOL(said, weakens, .required = false),
};
static const struct lbx_table said_table = LBX_TABLE("said", said, said_rows);

static const struct lbx_field event_rows[] = {
    LBX_ROW_OBJECT(event, data, struct said, .of = &said_table),
};
static const struct lbx_table event_table = LBX_TABLE("event", event, event_rows);

static void read_said(const struct lbx_record *record, struct lbx_arena *arena,
                      struct said *ret_said) {
    struct lbx_opened in LBX_CLEANUP(lbx_opened_done) = {0};
    struct lbx_reason ignored;
    struct event event = {0};
    enum lbx_err err = lbx_open(record, LBX_SUMMARY_BYTES, &in, &ignored);
    (void)err; /* after an error, the readable part is used */
    if (in.mode == LBX_MODE_BINARY)
        lbx_opened_read(&said_table, &in.data, arena, &event.data);
    else
        lbx_opened_read(&event_table, &in.attributes, arena, &event);
    *ret_said = event.data;
}

/* ---- records with an alarm ---- */

static const char *kind_of_change(const struct said *said) {
    static const struct {
        const char *change, *kind;
    } changes[] = {
        {"approver_key_set", "key_changed"},
        {"policy_set", "policy_changed"},
        {"lockbox_enabled", "policy_changed"},
        {"lockbox_disabled", "policy_changed"},
    };
    if (said->weakens)
        return "weakening";
    for (size_t i = 0; said->change && i < sizeof changes / sizeof *changes; i++)
        if (strcmp(said->change, changes[i].change) == 0)
            return changes[i].kind;
    return NULL;
}

/* The kind of alarm. NULL: none is needed. */
static const char *kind_of(const char *type, const struct said *said) {
    switch (type ? lbx_event_type_find(type) : LBX_EVENT_NONE) {
    case LBX_EVENT_REQUEST_NOT_REQUIRED:
        return "not_required";
    case LBX_EVENT_REQUEST_EMERGENCY_STARTED:
        return "emergency";
    case LBX_EVENT_TENANT_APPROVERS_MISSING:
        return "approvers_missing";
    case LBX_EVENT_REQUEST_APPROVED:
        return said->request.signed_decisions ? NULL : "unsigned_access";
    case LBX_EVENT_TENANT_CHANGED:
        return kind_of_change(said);
    default:
        return NULL;
    }
}

/* ---- words ---- */

static void word(struct lbx_buf *out, const char *before, const char *text) {
    if (text)
        lbx_buf_printf(out, "%s%s%s", out->len ? " " : "", before, text);
}

static const char *kept(struct lbx_arena *arena, const struct lbx_buf *text) {
    return lbx_arena_strdup(arena, text->len ? text->data : "");
}

static const char *words_of(struct lbx_arena *arena, const struct said *said) {
    struct lbx_buf out LBX_BUF = {0};
    if (said->request.resource_id)
        return said->request.resource_id;
    word(&out, "", said->change);
    word(&out, "", said->subscription_id);
    word(&out, "", said->principal_id);
    word(&out, "by ", said->by.id);
    return kept(arena, &out);
}

const char *meaning_of_deed(struct lbx_arena *arena, const char *engineer_id, const char *action,
                            const char *resource_id) {
    struct lbx_buf out LBX_BUF = {0};
    word(&out, "", engineer_id);
    word(&out, "", action);
    word(&out, "", resource_id);
    return kept(arena, &out);
}

static const char *time_of(struct lbx_arena *arena, int64_t us) {
    char text[LBX_TIME_SIZE];
    if (us <= 0)
        return NULL;
    lbx_time_format(us, text);
    return lbx_arena_strdup(arena, text);
}

static struct alarm alarm_of(const char *kind, const struct lbx_record *record,
                             const struct lbx_event_summary *summary, struct lbx_arena *arena) {
    return (struct alarm){
        .kind = kind,
        .topic = lbx_record_log(record),
        .partition = record->partition,
        .offset = record->offset,
        .event_id = summary->event_id,
        .request_id = summary->request_id,
        .tenant_id = summary->tenant_id,
        .at = time_of(arena, lbx_record_time(record)),
    };
}

bool meaning_of_event(const struct lbx_record *record, struct lbx_arena *arena,
                      struct alarm *ret_alarm) {
    struct lbx_event_summary summary;
    struct said said;
    lbx_event_summary(record, arena, &summary);
    read_said(record, arena, &said);
    const char *kind = kind_of(summary.type, &said);
    if (!kind)
        return false;
    *ret_alarm = alarm_of(kind, record, &summary, arena);
    ret_alarm->detail = words_of(arena, &said);
    return true;
}

/* ---- reports ---- */

/* The bypass in the audit store's words. */
static const char *bypass_named(const char *bypass) {
    static const char *const known[] = {"masters", "impersonation"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(bypass, known[i]) == 0)
            return known[i];
    return "other_bypass";
}

static bool is_begun(const struct lbx_access_performed *access) {
    return !access->audit_id || access->outcome == LBX_OUTCOME_BEGUN;
}

static const char *how_late(struct lbx_arena *arena, int64_t us) {
    const int64_t s = us / 1000000, days = s / 86400;
    const char *text = lbx_arena_printf(arena, "%02d:%02d:%02d", (int)(s / 3600 % 24),
                                        (int)(s / 60 % 60), (int)(s % 60));
    if (days)
        text = lbx_arena_printf(arena, "%" PRId64 " day%s %s", days, days > 1 ? "s" : "", text);
    return lbx_arena_printf(arena, "told %s after it was done", text);
}

size_t meaning_of_access(const struct lbx_record *record, struct lbx_arena *arena,
                         struct alarm ret_alarms[MEANINGS_OF_ACCESS]) {
    struct lbx_event_summary summary;
    struct lbx_event event;
    struct lbx_reason reason;
    size_t count = 0;
    const enum lbx_err err =
        lbx_event_decode_with_summary(record, arena, &summary, &event, &reason);
    struct alarm alarm = alarm_of("violation", record, &summary, arena);
    if (err != LBX_OK) {
        alarm.why = "unreadable";
        alarm.detail = "";
        ret_alarms[0] = alarm;
        return 1;
    }
    const struct lbx_access_performed *access = event.data;
    const int64_t late_us = lbx_record_time(record) - access->performed_at;
    if (late_us > LATE_US && is_begun(access)) {
        alarm.why = "reported_late";
        alarm.detail = how_late(arena, late_us);
        ret_alarms[count++] = alarm;
    }
    if (access->outcome == LBX_OUTCOME_ALLOWED && access->bypass) {
        alarm.why = bypass_named(access->bypass);
        alarm.at = time_of(arena, access->performed_at);
        alarm.detail =
            meaning_of_deed(arena, access->engineer_id, access->action, access->resource_id);
        ret_alarms[count++] = alarm;
    }
    return count;
}

bool meaning_concerns(const struct alarm *alarm, const char *tenant_id) {
    return !tenant_id || !alarm->tenant_id || strcmp(alarm->tenant_id, tenant_id) == 0;
}

/* ---- logs ---- */

struct alarm meaning_log_gone(struct lbx_arena *arena, const char *origin) {
    return (struct alarm){.kind = "not_extended",
                          .partition = -1,
                          .offset = -1,
                          .detail = lbx_arena_printf(arena, "the log %s is gone", origin)};
}

struct alarm meaning_not_extended(struct lbx_arena *arena, const char *topic, int32_t partition,
                                  uint64_t size, uint64_t before) {
    return (struct alarm){
        .kind = "not_extended",
        .topic = topic,
        .partition = partition,
        .offset = -1,
        .detail =
            lbx_arena_printf(arena,
                             "a checkpoint of size %" PRIu64
                             " does not continue the one of size %" PRIu64 " that was seen before",
                             size, before),
    };
}

struct alarm meaning_not_witnessed(const char *topic, int32_t partition, int64_t offset) {
    return (struct alarm){.kind = "witness_missing",
                          .topic = topic,
                          .partition = partition,
                          .offset = offset,
                          .detail = "enough witnesses saw the log up to here only"};
}

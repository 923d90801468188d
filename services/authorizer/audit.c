/* Reads audit events leniently, as each Kubernetes release adds members: an event without
 * request or engineer is invalid, and text longer than the schema allows is cut. Promises an
 * event id for each stage of a request, with a common audit_id. Fails as audit.h says. */
#include "audit.h"

#include "accesses.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uuid.h"
#include "event/envelope.h"
#include "evidence.h"
#include "uri.h"

#include <stdio.h>
#include <string.h>

#define SOURCE "/lockbox/authorizer"
enum { EVENTS_MAX = 100000, WORD_MAX = 255, ID_MAX = 128 };
/* Most bytes of a report in the quarantine, as Kafka takes no longer record. */
enum { KEPT_MAX = 1 << 20 };
/* Longest text of a request: longer members would count as absent. */
enum { MANY = 1 << 23 };
#define TEXT .min = 0, .max = MANY

struct audit_user {
    const char *username;
    const char **groups;
    size_t group_count;
};
struct object_reference {
    const char *resource, *group, *subresource, *namespace, *name;
};
struct audit_status {
    int64_t code;
};
struct audit_notes {
    const char *decision, *reason;
};
struct audit_event {
    const char *audit_id, *stage, *uri, *verb, *user_agent;
    struct audit_user user, impersonated;
    struct object_reference object;
    struct audit_status status;
    int64_t received_at;
    struct audit_notes notes;
};
struct audit_list {
    const char *api_version, *kind;
    struct audit_event *items;
    size_t item_count;
};

static const struct lbx_field user_rows[] = {
    LBX_ROW_TEXT(audit_user, username, TEXT),
    LBX_ROW_TEXTS(audit_user, groups, group_count, TEXT, .min_items = 0, .max_items = MANY),
};
static const struct lbx_table user_table = LBX_TABLE("user", audit_user, user_rows);
static const struct lbx_field object_rows[] = {
    LBX_ROW_TEXT(object_reference, resource, TEXT),
    LBX_ROW_AS("apiGroup", object_reference, group, LBX_T_TEXT, const char *, TEXT),
    LBX_ROW_TEXT(object_reference, subresource, TEXT),
    LBX_ROW_TEXT(object_reference, namespace, TEXT),
    LBX_ROW_TEXT(object_reference, name, TEXT),
};
static const struct lbx_table object_table = LBX_TABLE("objectRef", object_reference, object_rows);
static const struct lbx_field status_rows[] = {
    LBX_ROW_INT(audit_status, code, .min = 0, .max = 999),
};
static const struct lbx_table status_table = LBX_TABLE("responseStatus", audit_status, status_rows);
static const struct lbx_field notes_rows[] = {
    LBX_ROW_AS("authorization.k8s.io/decision", audit_notes, decision, LBX_T_TEXT, const char *,
               TEXT),
    LBX_ROW_AS("authorization.k8s.io/reason", audit_notes, reason, LBX_T_TEXT, const char *, TEXT),
};
static const struct lbx_table notes_table = LBX_TABLE("annotations", audit_notes, notes_rows);
static const struct lbx_field event_rows[] = {
    LBX_ROW_AS("auditID", audit_event, audit_id, LBX_T_TEXT, const char *, TEXT),
    LBX_ROW_TEXT(audit_event, stage, TEXT),
    LBX_ROW_AS("requestURI", audit_event, uri, LBX_T_TEXT, const char *, TEXT),
    LBX_ROW_TEXT(audit_event, verb, TEXT),
    LBX_ROW_AS("userAgent", audit_event, user_agent, LBX_T_TEXT, const char *, TEXT),
    LBX_ROW_OBJECT(audit_event, user, struct audit_user, .of = &user_table),
    LBX_ROW_AS("impersonatedUser", audit_event, impersonated, LBX_T_OBJECT, struct audit_user,
               .of = &user_table),
    LBX_ROW_AS("objectRef", audit_event, object, LBX_T_OBJECT, struct object_reference,
               .of = &object_table),
    LBX_ROW_AS("responseStatus", audit_event, status, LBX_T_OBJECT, struct audit_status,
               .of = &status_table),
    LBX_ROW_AS("requestReceivedTimestamp", audit_event, received_at, LBX_T_TIME, int64_t),
    LBX_ROW_AS("annotations", audit_event, notes, LBX_T_OBJECT, struct audit_notes,
               .of = &notes_table),
};
static const struct lbx_table event_table = LBX_TABLE("Event", audit_event, event_rows);
static const struct lbx_field list_rows[] = {
    LBX_ROW_AS("apiVersion", audit_list, api_version, LBX_T_TEXT, const char *, TEXT),
    LBX_ROW_TEXT(audit_list, kind, TEXT),
    LBX_ROW_OBJECTS(audit_list, items, item_count, struct audit_event, .of = &event_table,
                    .min_items = 0, .max_items = EVENTS_MAX),
};
static const struct lbx_table list_table = LBX_TABLE("EventList", audit_list, list_rows);

/* ---- parts ---- */

static bool is(const char *text, const char *wanted) {
    return strcmp(text ? text : "", wanted) == 0;
}

/* At most WORD_MAX bytes, cut between characters; NULL: none. */
static const char *cut(const char *text, struct lbx_arena *arena) {
    size_t len = text ? strlen(text) : 0;
    if (len == 0)
        return NULL;
    if (len > WORD_MAX)
        for (len = WORD_MAX; len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80;)
            len--;
    return lbx_arena_memdup(arena, text, len);
}

/* The request id in our own reason, matched whole: "lockbox request {uuid} until {time}". */
static const char *request_of(const char *reason, struct lbx_arena *arena) {
    static const char before[] = "lockbox request ", behind[] = " until ";
    enum { ID = sizeof before - 1, UUID = 36 };
    int64_t until;
    if (!reason || strncmp(reason, before, ID) != 0 || strlen(reason) < ID + UUID ||
        strncmp(reason + ID + UUID, behind, sizeof behind - 1) != 0 ||
        lbx_time_parse(reason + ID + UUID + sizeof behind - 1, &until) != LBX_OK)
        return NULL;
    const char *id = lbx_arena_memdup(arena, reason + ID, UUID);
    return lbx_uuid_valid(id) ? id : NULL;
}

/* Whether an item of the request covers the change. */
static bool has_item_for(const struct lbx_request *request, const char *action,
                         const struct question *question) {
    const struct lbx_attempt attempt = {.action = action,
                                        .namespace = question->namespace,
                                        .kind = question->kind,
                                        .name = question->name,
                                        .is_asked_again = true};
    for (size_t i = 0; i < request->action_count; i++)
        if (lbx_item_covers(&request->actions[i], &attempt))
            return true;
    return false;
}

/* Whether an apply created the object, or was allowed as its creation. */
static bool is_creation(const struct audit_event *event, const struct question *question,
                        const struct lbx_request *request) {
    return is(event->verb, "patch") &&
           (event->status.code == 201 || (!has_item_for(request, "update_object", question) &&
                                          has_item_for(request, "create_object", question)));
}

/* Describes an access as an item, or by Kubernetes's words where it is none of the five actions. Returns whether the
 * authorizer may have allowed it. request: the one in the reason, or none. */
static bool describe(const struct review *review, const struct audit_event *event,
                     const struct lbx_request *request, struct lbx_access_performed *access) {
    const struct object_reference *object = &event->object;
    struct lbx_arena *arena = review->arena;
    const struct attributes attributes = {event->verb,         object->group,     object->resource,
                                          object->subresource, object->namespace, object->name};
    struct question question = {0};
    const char *path = uri_path(event->uri, arena);
    const char *code =
        object->resource ? decide_question(review, "", &attributes, &question) : "no resource";
    access->namespace = cut(code ? object->namespace : question.namespace, arena);
    access->name = cut(object->name, arena);
    if (!code) {
        access->action = is_creation(event, &question, request) ? "create_object" : question.action;
        access->kind = cut(question.kind, arena);
        return true;
    }
    access->resource =
        cut(!object->resource ? (path && *path ? path : "?")
            : object->subresource
                ? lbx_arena_printf(arena, "%s/%s", object->resource, object->subresource)
                : object->resource,
            arena);
    return object->resource ? is(code, "unknown_resource")
                            : path && decide_path(review, event->verb, path).allowed;
}

static int outcome_of(const struct audit_event *event) {
    if (is(event->stage, "RequestReceived"))
        return LBX_OUTCOME_BEGUN;
    bool passed = is(event->notes.decision, "allow") && event->status.code != 401 &&
                  event->status.code != 403;
    return passed ? LBX_OUTCOME_ALLOWED : LBX_OUTCOME_BLOCKED;
}

/* Why an allowed access had no answer of ours: impersonation, which is never allowed, no question, or another authorizer
 * with our reason. NULL: it had. */
static const char *bypass_of(const struct audit_event *event, bool may_be_ours,
                             const struct lbx_access_performed *access) {
    bool is_ours = access->request_id ||
                   (!event->object.resource && is(event->notes.reason, DECIDE_OPEN_REASON));
    if (access->outcome != LBX_OUTCOME_ALLOWED)
        return NULL;
    if (event->impersonated.username)
        return "impersonation";
    return may_be_ours && is_ours ? NULL : "masters";
}

/* ---- events ---- */

static bool is_event(const struct audit_event *event) {
    return event->audit_id && *event->audit_id && event->stage && event->received_at;
}

/* Whether an event can be recorded. engineer_id NULL: the user is no engineer; an anonymous user has no name. */
static bool readable(const struct audit_event *event, const char *engineer_id) {
    if (!engineer_id)
        return event->user.username || is_event(event);
    return is_event(event) && strlen(event->audit_id) <= ID_MAX / 2 &&
           strlen(event->stage) <= ID_MAX / 4 && *engineer_id && strlen(engineer_id) <= ID_MAX;
}

/* Whether the request was a dry run. A deletion counts as none: if it has a body, the API server ignores the URI's dryRun. */
static bool is_dry_run(const struct audit_event *event, struct lbx_arena *arena) {
    return (is(event->verb, "create") || is(event->verb, "update") || is(event->verb, "patch")) &&
           is(uri_parameter(event->uri, "dryRun", arena), "All");
}

static void encode(const struct review *review, const struct audit_event *event,
                   const char *engineer_id, struct access_event *ret_event) {
    struct lbx_arena *arena = review->arena;
    struct lbx_trace trace = {0};
    struct lbx_request request = {0};
    const char *request_id = request_of(event->notes.reason, arena);
    if (request_id && evidence_disowns(review->database, request_id, engineer_id,
                                       review->cluster->resource_id, arena, &request, &trace)) {
        request_id = NULL; /* another authorizer's reason */
        request = (struct lbx_request){0};
        trace = (struct lbx_trace){0};
    }
    struct lbx_access_performed access = {
        .engineer_id = engineer_id,
        .resource_id = review->cluster->resource_id,
        .performed_at = event->received_at,
        .outcome = outcome_of(event),
        .request_id = request_id,
        .verb = cut(event->verb, arena),
        .container = is(event->object.subresource, "log")
                         ? cut(uri_parameter(event->uri, "container", arena), arena)
                         : NULL,
        .user_agent = cut(event->user_agent, arena),
        .reported_by = "cluster",
        .audit_id = event->audit_id,
        .code = event->status.code >= 100 && event->status.code <= 599 ? event->status.code : 0,
        .dry_run = is_dry_run(event, arena),
    };
    bool may_be_ours = describe(review, event, &request, &access);
    access.bypass = bypass_of(event, may_be_ours, &access);
    bool is_end = is(event->stage, "ResponseComplete") || is(event->stage, "Panic");
    const char *event_id =
        is_end ? event->audit_id : lbx_arena_printf(arena, "%s/%s", event->audit_id, event->stage);
    const char *source = lbx_arena_printf(arena, SOURCE "/%s", review->cluster->id);
    struct lbx_buf json LBX_BUF = {0};
    lbx_event_encode(
        &(struct lbx_event_out){
            .type = LBX_EVENT_ACCESS_PERFORMED,
            .id = event_id,
            .source = source,
            .subject = engineer_id,
            .time = event->received_at,
            .trace = trace,
            .data = &access,
        },
        &json);
    *ret_event = (struct access_event){
        .key = engineer_id,
        .value = lbx_arena_memdup(arena, json.data, json.len),
        .len = json.len,
        .span = {.worker = "authorizer",
                 .source = source,
                 .event_id = event_id,
                 .type = lbx_event_type_info(LBX_EVENT_ACCESS_PERFORMED)->name,
                 .request_id = request_id,
                 .trace = trace,
                 .start_us = lbx_realtime_us()},
    };
}

/* Whether the later ResponseComplete event will be the record of the access: ResponseStarted of a refused one. */
static bool is_told_later(const struct audit_event *event) {
    return is(event->stage, "ResponseStarted") && outcome_of(event) != LBX_OUTCOME_ALLOWED;
}

/* Quarantines the body. Returns LBX_ERR_INVALID, once that is done. */
static enum lbx_err quarantine(const struct review *review, const struct lbx_buf *body,
                               const char *reason) {
    const struct unreadable_report report = {
        .topic = accesses_topic(review->accesses),
        .source = lbx_arena_printf(review->arena, SOURCE "/%s", review->cluster->id),
        .reason = reason,
        .bytes = body->data ? body->data : "",
        .len = body->len < KEPT_MAX ? body->len : KEPT_MAX,
    };
    enum lbx_err err = database_quarantine(review->database, &report);
    return err == LBX_OK ? LBX_ERR_INVALID : err;
}

/* Encodes the engineers' events. Returns how many cannot be read. */
static size_t encode_all(const struct review *review, const struct audit_list *list,
                         struct access_event *events, size_t *ret_count) {
    size_t count = 0, bad = 0;
    for (size_t i = 0; i < list->item_count; i++) {
        const struct audit_event *event = &list->items[i];
        const struct subject subject = {event->user.username, event->user.groups,
                                        event->user.group_count};
        const char *engineer_id = NULL;
        bool is_ours = decide_who(review->cluster, &subject, &engineer_id) != WHO_OTHER;
        if (!readable(event, engineer_id))
            bad++;
        else if (is_ours && !is_told_later(event))
            encode(review, event, engineer_id, &events[count++]);
    }
    *ret_count = count;
    return bad;
}

static void send_spans(struct access_event *events, size_t count) {
    for (size_t i = 0; lbx_spans_are_sent() && i < count; i++) {
        events[i].span.end_us = lbx_realtime_us();
        lbx_span_made(&events[i].span);
    }
}

static bool read_list(const struct review *review, const struct lbx_buf *body,
                      struct audit_list *ret_list) {
    return lbx_json_read_partial(&list_table, body->data ? body->data : "", body->len,
                                 review->arena, ret_list) &&
           is(ret_list->api_version, "audit.k8s.io/v1") && is(ret_list->kind, "EventList") &&
           ret_list->items;
}

enum lbx_err audit_record(const struct review *review, const struct lbx_buf *body,
                          struct lbx_buf *answer, const char **ret_code,
                          struct lbx_reason *ret_reason) {
    (void)answer;
    struct audit_list list = {0};
    size_t count = 0;
    *ret_code = NULL;
    if (!read_list(review, body, &list)) {
        snprintf(ret_reason->text, sizeof ret_reason->text, "no audit.k8s.io/v1 EventList");
        return quarantine(review, body, ret_reason->text);
    }
    struct access_event *events =
        LBX_ARENA_ARRAY(review->arena, struct access_event, list.item_count + 1);
    size_t bad = encode_all(review, &list, events, &count);
    enum lbx_err err = accesses_publish(review->accesses, events, count);
    if (err == LBX_OK)
        send_spans(events, count);
    if (err != LBX_OK || bad == 0)
        return err;
    snprintf(ret_reason->text, sizeof ret_reason->text, "%zu of %zu events cannot be read", bad,
             list.item_count);
    return quarantine(review, body, ret_reason->text);
}

/* Reads an event's summary from any record, by a table of its own in the reader's partial mode.
 * Cannot fail: members that cannot be read are absent. */
#include "event/summary.h"

#include "event/open.h"
#include "event/request_event.h"

#include <string.h>

/* ---- the members that are read ---- */

struct person {
    const char *id;
};
struct vote {
    struct person by;
    int decision;
};
struct request {
    const char *request_id, *tenant_id, *subscription_id, *ticket_id;
    struct person engineer;
    struct vote *decisions;
    size_t decision_count;
};
struct data {
    const char *request_id, *tenant_id, *subscription_id, *ticket_id, *engineer_id;
    struct person by, engineer, opened_by;
    struct request request;
};
struct event {
    struct lbx_attributes attributes;
    struct data data;
};

#define ID(owner, member) LBX_ROW_TEXT(owner, member, .min = 1, .max = 128)
#define PERSON(owner, member) LBX_ROW_OBJECT(owner, member, struct person, .of = &person_table)

static const struct lbx_field person_rows[] = {ID(person, id)};
static const struct lbx_table person_table = LBX_TABLE("person", person, person_rows);

static const struct lbx_field vote_rows[] = {
    PERSON(vote, by),
    LBX_ROW_ENUM(vote, decision, .names = lbx_decision_names),
};
static const struct lbx_table vote_table = LBX_TABLE("vote", vote, vote_rows);

static const struct lbx_field request_rows[] = {
    ID(request, request_id),
    ID(request, tenant_id),
    ID(request, subscription_id),
    ID(request, ticket_id),
    PERSON(request, engineer),
    LBX_ROW_OBJECTS(request, decisions, decision_count, struct vote, .max_items = INT64_MAX,
                    .of = &vote_table),
};
static const struct lbx_table request_table = LBX_TABLE("request", request, request_rows);

static const struct lbx_field data_rows[] = {
    ID(data, request_id),
    ID(data, tenant_id),
    ID(data, subscription_id),
    ID(data, ticket_id),
    ID(data, engineer_id),
    PERSON(data, by),
    PERSON(data, engineer),
    PERSON(data, opened_by),
    LBX_ROW_OBJECT(data, request, struct request, .of = &request_table),
};
static const struct lbx_table data_table = LBX_TABLE("data", data, data_rows);

static const struct lbx_field event_rows[] = {
    LBX_ORIGIN_ROWS(event, attributes.),
    LBX_ATTRIBUTE_ROW(event, attributes., causationid, 128, .required = false),
    LBX_TRACE_ROWS(event, attributes.),
    LBX_ROW_OBJECT(event, data, struct data, .of = &data_table),
};
static const struct lbx_table event_table = LBX_TABLE("event", event, event_rows);

/* ---- the summary's values ---- */

/* The actor of a request's event: the engineer, or the voter of the last decision, as the event's row says. */
static const char *actor_of_request(enum lbx_event_type type, const struct request *request) {
    const struct lbx_request_event *event = lbx_request_event(type);
    if (event->by_engineer)
        return request->engineer.id;
    if (request->decision_count == 0)
        return NULL;
    const struct vote *last = &request->decisions[request->decision_count - 1];
    return last->decision && last->decision == (int)event->by_vote ? last->by.id : NULL;
}

/* The first of these members: by (votes, administrators), engineer_id and engineer (events about
 * an engineer), opened_by. In a request's event: the engineer where the row says so, else the
 * voter. An expiry or a closed ticket has no actor, nor has role_assigned, as the event does not
 * name who assigned the role. */
static const char *actor_of(const char *type, const struct data *data) {
    if (data->by.id)
        return data->by.id;
    if (data->engineer_id)
        return data->engineer_id;
    if (data->engineer.id)
        return data->engineer.id;
    if (data->opened_by.id)
        return data->opened_by.id;
    enum lbx_event_type known = type ? lbx_event_type_find(type) : LBX_EVENT_NONE;
    if (known != LBX_EVENT_NONE && lbx_event_type_info(known)->family == LBX_FAMILY_REQUEST)
        return actor_of_request(known, &data->request);
    return NULL;
}

static const char *either(const char *a, const char *b) {
    return a ? a : b;
}

/* Whether an event's tenant_id counts: in tenants.v1 and events.v1, whose contract has it. In
 * other topics any writer could set it, and the record would be shown to that tenant. */
static bool says_whose(enum lbx_topic topic, const char *type) {
    enum lbx_event_type known = type ? lbx_event_type_find(type) : LBX_EVENT_NONE;
    return known != LBX_EVENT_NONE && lbx_event_type_info(known)->topic == topic &&
           (topic == LBX_TOPIC_TENANTS || topic == LBX_TOPIC_EVENTS);
}

static void summarize(enum lbx_topic topic, const struct lbx_attributes *a, const struct data *data,
                      struct lbx_event_summary *ret_summary) {
    static const char about_requests[] = "lockbox.request.";
    const struct request *request = &data->request;
    const char *request_id = either(data->request_id, request->request_id);
    if (!request_id && a->type && strncmp(a->type, about_requests, sizeof about_requests - 1) == 0)
        request_id = a->subject;
    *ret_summary = (struct lbx_event_summary){
        .event_id = a->id,
        .source = a->source,
        .type = a->type,
        .subject = a->subject,
        .event_time = a->time,
        .tenant_id =
            says_whose(topic, a->type) ? either(data->tenant_id, request->tenant_id) : NULL,
        .subscription_id = either(data->subscription_id, request->subscription_id),
        .request_id = request_id,
        .ticket_id = either(data->ticket_id, request->ticket_id),
        .actor = actor_of(a->type, data),
        .cause_id = a->causationid,
        .trace = lbx_trace_of(a->traceparent, a->tracestate),
    };
}

/* ---- records ---- */

/* Reads attributes, and in binary mode the data apart from them. */
static void read_summary(enum lbx_topic topic, struct lbx_opened *in, struct lbx_arena *arena,
                         struct lbx_event_summary *ret_summary) {
    struct event event;
    lbx_opened_read(&event_table, &in->attributes, arena, &event);
    if (in->mode == LBX_MODE_BINARY)
        lbx_opened_read(&data_table, &in->data, arena, &event.data);
    summarize(topic, &event.attributes, &event.data, ret_summary);
}

void lbx_event_summary(const struct lbx_record *record, struct lbx_arena *arena,
                       struct lbx_event_summary *ret_summary) {
    struct lbx_opened in LBX_CLEANUP(lbx_opened_done) = {0};
    struct lbx_reason ignored;
    enum lbx_err err = lbx_open(record, LBX_SUMMARY_BYTES, &in, &ignored);
    (void)err; /* after an error, the readable part is used */
    read_summary(record->topic, &in, arena, ret_summary);
}

enum lbx_err lbx_event_decode_with_summary(const struct lbx_record *record, struct lbx_arena *arena,
                                           struct lbx_event_summary *ret_summary,
                                           struct lbx_event *ret_event,
                                           struct lbx_reason *ret_reason) {
    struct lbx_opened in LBX_CLEANUP(lbx_opened_done) = {0};
    enum lbx_err err = lbx_open(record, LBX_SUMMARY_BYTES, &in, ret_reason);
    read_summary(record->topic, &in, arena, ret_summary);
    return lbx_opened_decode(record, &in, err, arena, ret_event, ret_reason);
}

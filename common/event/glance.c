#include "base/time.h"
#include "event/envelope.h"
#include "event/open.h"
#include "event/request_event.h"
#include "json/skim.h"

#include <string.h>

/* ---- what is looked for, each member on its own optional ---- */

struct someone {
    const char *id;
};
struct some_vote {
    struct someone by;
    int decision;
};
struct some_request {
    const char *request_id, *tenant_id, *subscription_id, *ticket_id;
    struct someone engineer;
    struct some_vote *decisions;
    size_t decision_count;
};
struct some_data {
    const char *request_id, *tenant_id, *subscription_id, *ticket_id, *engineer_id;
    struct someone by, engineer, opened_by;
    struct some_request request;
};

#define ID(owner, member) LBX_ROW_TEXT(owner, member, .min = 1, .max = 128)
#define SOMEONE(owner, member) LBX_ROW_OBJECT(owner, member, struct someone, .of = &someone_table)

static const struct lbx_field someone_rows[] = {ID(someone, id)};
static const struct lbx_table someone_table = LBX_TABLE("someone", someone, someone_rows);

static const struct lbx_field some_vote_rows[] = {
    SOMEONE(some_vote, by),
    LBX_ROW_ENUM(some_vote, decision, .names = lbx_decision_names),
};
static const struct lbx_table some_vote_table = LBX_TABLE("some_vote", some_vote, some_vote_rows);

static const struct lbx_field some_request_rows[] = {
    ID(some_request, request_id),
    ID(some_request, tenant_id),
    ID(some_request, subscription_id),
    ID(some_request, ticket_id),
    SOMEONE(some_request, engineer),
    LBX_ROW_OBJECTS(some_request, decisions, decision_count, struct some_vote,
                    .max_items = INT64_MAX, .of = &some_vote_table),
};
static const struct lbx_table some_request_table =
    LBX_TABLE("some_request", some_request, some_request_rows);

static const struct lbx_field some_data_rows[] = {
    ID(some_data, request_id),
    ID(some_data, tenant_id),
    ID(some_data, subscription_id),
    ID(some_data, ticket_id),
    ID(some_data, engineer_id),
    SOMEONE(some_data, by),
    SOMEONE(some_data, engineer),
    SOMEONE(some_data, opened_by),
    LBX_ROW_OBJECT(some_data, request, struct some_request, .of = &some_request_table),
};
static const struct lbx_table some_data_table = LBX_TABLE("some_data", some_data, some_data_rows);

/* Who made a request's event happen: the engineer who asked, or who cast the last vote, where that is what the
 * event is about. */
static const char *actor_of_request(enum lbx_event_type type, const struct some_request *request) {
    const struct lbx_request_event *event = lbx_request_event(type);
    if (event->by_engineer)
        return request->engineer.id;
    if (request->decision_count == 0)
        return NULL;
    const struct some_vote *last = &request->decisions[request->decision_count - 1];
    return last->decision && last->decision == (int)event->by_vote ? last->by.id : NULL;
}

/* By the first of these that the data have: by (votes, administrators), engineer_id and engineer (what
 * concerns an engineer), opened_by; for a request as it stands who decided it, or the engineer who
 * asked where the event is of his asking. What time or a closed ticket ended has no actor, and
 * neither has a role given: the event does not say by whom. */
static const char *actor_of(const char *type, const struct some_data *data) {
    const struct some_request *request = &data->request;
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
        return actor_of_request(known, request);
    return NULL;
}

static const char *either(const char *a, const char *b) {
    return a ? a : b;
}

static void make_glance(const struct attributes *a, const struct some_data *data,
                        struct lbx_event_glance *ret_glance) {
    static const char about_requests[] = "lockbox.request.";
    const struct some_request *request = &data->request;
    const char *request_id = either(data->request_id, request->request_id);
    if (!request_id && a->type && strncmp(a->type, about_requests, sizeof about_requests - 1) == 0)
        request_id = a->subject;
    *ret_glance = (struct lbx_event_glance){
        .event_id = a->id,
        .source = a->source,
        .type = a->type,
        .subject = a->subject,
        .event_time = a->time,
        .tenant_id = either(data->tenant_id, request->tenant_id),
        .subscription_id = either(data->subscription_id, request->subscription_id),
        .request_id = request_id,
        .ticket_id = either(data->ticket_id, request->ticket_id),
        .actor = actor_of(a->type, data),
    };
}

void lbx_opened_glance(const struct lbx_opened *in, struct lbx_arena *arena,
                       struct lbx_event_glance *ret_glance) {
    struct attributes a;
    struct some_data data;
    lbx_json_glean(&lbx_attribute_table, in->attributes, arena, &a);
    lbx_json_glean(&some_data_table, in->data, arena, &data);
    make_glance(&a, &data, ret_glance);
}

/* ---- the same without a parser, where the text is of the ordinary kind ---- */

/* X(slot, most bytes) */
#define SLOTS(X)                                                                                   \
    X(ID, 128)                                                                                     \
    X(SOURCE, 256)                                                                                 \
    X(TYPE, 256)                                                                                   \
    X(SUBJECT, 256)                                                                                \
    X(TIME, SIZE_MAX)                                                                              \
    X(REQUEST_ID, 128)                                                                             \
    X(TENANT_ID, 128)                                                                              \
    X(SUBSCRIPTION_ID, 128)                                                                        \
    X(TICKET_ID, 128)                                                                              \
    X(ENGINEER_ID, 128)                                                                            \
    X(BY, 128)                                                                                     \
    X(ENGINEER, 128)                                                                               \
    X(OPENED_BY, 128)                                                                              \
    X(OF_REQUEST_ID, 128) /* these are the request's, where the event has it whole */              \
    X(OF_TENANT_ID, 128)                                                                           \
    X(OF_SUBSCRIPTION_ID, 128)                                                                     \
    X(OF_TICKET_ID, 128)                                                                           \
    X(OF_ENGINEER, 128)                                                                            \
    X(VOTER, 128) /* of its last vote */                                                           \
    X(VOTE, SIZE_MAX)

enum slot {
#define SLOT_ENUM(name, most) SLOT_##name,
    SLOTS(SLOT_ENUM)
#undef SLOT_ENUM
        SLOT_COUNT
};

#define SOMEONES(nodes_name, its_slot)                                                             \
    static const struct lbx_skim_node nodes_name[] = {{LBX_SKIM_NAME("id"), .slot = its_slot}}
SOMEONES(by_nodes, SLOT_BY);
SOMEONES(engineer_nodes, SLOT_ENGINEER);
SOMEONES(opened_by_nodes, SLOT_OPENED_BY);
SOMEONES(of_engineer_nodes, SLOT_OF_ENGINEER);
SOMEONES(voter_nodes, SLOT_VOTER);

#define TEXT(text, its_slot)                                                                       \
    { LBX_SKIM_NAME(text), .slot = (its_slot) }
#define INSIDE(text, nodes)                                                                        \
    { LBX_SKIM_NAME(text), .inside = (nodes), .inside_count = sizeof(nodes) / sizeof *(nodes) }

static const struct lbx_skim_node vote_nodes[] = {INSIDE("by", voter_nodes),
                                                  TEXT("decision", SLOT_VOTE)};
static const struct lbx_skim_node request_nodes[] = {
    TEXT("request_id", SLOT_OF_REQUEST_ID),
    TEXT("tenant_id", SLOT_OF_TENANT_ID),
    TEXT("subscription_id", SLOT_OF_SUBSCRIPTION_ID),
    TEXT("ticket_id", SLOT_OF_TICKET_ID),
    INSIDE("engineer", of_engineer_nodes),
    {LBX_SKIM_NAME("decisions"), .inside = vote_nodes, .inside_count = 2, .is_list = true},
};
static const struct lbx_skim_node data_nodes[] = {
    TEXT("request_id", SLOT_REQUEST_ID),
    TEXT("tenant_id", SLOT_TENANT_ID),
    TEXT("subscription_id", SLOT_SUBSCRIPTION_ID),
    TEXT("ticket_id", SLOT_TICKET_ID),
    TEXT("engineer_id", SLOT_ENGINEER_ID),
    INSIDE("by", by_nodes),
    INSIDE("engineer", engineer_nodes),
    INSIDE("opened_by", opened_by_nodes),
    INSIDE("request", request_nodes),
};
static const struct lbx_skim_node nodes[] = {
    TEXT("id", SLOT_ID),           TEXT("source", SLOT_SOURCE), TEXT("type", SLOT_TYPE),
    TEXT("subject", SLOT_SUBJECT), TEXT("time", SLOT_TIME),     INSIDE("data", data_nodes),
};

static const char *text_of(const struct lbx_skimmed *slots, enum slot slot,
                           struct lbx_arena *arena) {
    static const size_t most[] = {
#define SLOT_MOST(name, bytes) [SLOT_##name] = (bytes),
        SLOTS(SLOT_MOST)
#undef SLOT_MOST
    };
    const struct lbx_skimmed *found = &slots[slot];
    if (!found->at || found->len == 0 || found->len > most[slot])
        return NULL;
    return lbx_arena_memdup(arena, found->at, found->len);
}

static int decision_of(const char *text) {
    for (int i = 1; text && lbx_decision_names[i]; i++)
        if (strcmp(text, lbx_decision_names[i]) == 0)
            return i;
    return 0;
}

bool lbx_glance_skimming(const struct lbx_record *record, struct lbx_arena *arena,
                         struct lbx_event_glance *ret_glance) {
    struct lbx_skimmed slots[SLOT_COUNT];
    if (!record->value || record->value_len > LBX_GLANCE_BYTES ||
        lbx_mode_of(record) == LBX_MODE_BINARY ||
        !lbx_skim(record->value, record->value_len, nodes, sizeof nodes / sizeof *nodes, slots,
                  SLOT_COUNT))
        return false;
    const char *time = text_of(slots, SLOT_TIME, arena);
    struct attributes a = {
        .id = text_of(slots, SLOT_ID, arena),
        .source = text_of(slots, SLOT_SOURCE, arena),
        .type = text_of(slots, SLOT_TYPE, arena),
        .subject = text_of(slots, SLOT_SUBJECT, arena),
    };
    if (time && !strchr(time, ' ') && lbx_time_parse(time, &a.time) != LBX_OK)
        a.time = 0;
    struct some_vote last = {
        .by = {text_of(slots, SLOT_VOTER, arena)},
        .decision = decision_of(text_of(slots, SLOT_VOTE, arena)),
    };
    const struct some_data data = {
        .request_id = text_of(slots, SLOT_REQUEST_ID, arena),
        .tenant_id = text_of(slots, SLOT_TENANT_ID, arena),
        .subscription_id = text_of(slots, SLOT_SUBSCRIPTION_ID, arena),
        .ticket_id = text_of(slots, SLOT_TICKET_ID, arena),
        .engineer_id = text_of(slots, SLOT_ENGINEER_ID, arena),
        .by = {text_of(slots, SLOT_BY, arena)},
        .engineer = {text_of(slots, SLOT_ENGINEER, arena)},
        .opened_by = {text_of(slots, SLOT_OPENED_BY, arena)},
        .request = {.request_id = text_of(slots, SLOT_OF_REQUEST_ID, arena),
                    .tenant_id = text_of(slots, SLOT_OF_TENANT_ID, arena),
                    .subscription_id = text_of(slots, SLOT_OF_SUBSCRIPTION_ID, arena),
                    .ticket_id = text_of(slots, SLOT_OF_TICKET_ID, arena),
                    .engineer = {text_of(slots, SLOT_OF_ENGINEER, arena)},
                    .decisions = &last,
                    .decision_count = 1}, /* where there is none, it is nobody's, for nothing */
    };
    make_glance(&a, &data, ret_glance);
    return true;
}

void lbx_glance_parsing(const struct lbx_record *record, struct lbx_arena *arena,
                        struct lbx_event_glance *ret_glance) {
    struct lbx_opened in LBX_CLEANUP(lbx_opened_done) = {0};
    struct lbx_reason ignored;
    enum lbx_err err = lbx_open(record, LBX_GLANCE_BYTES, &in, &ignored);
    (void)err; /* what could be read is in `in` */
    lbx_opened_glance(&in, arena, ret_glance);
}

void lbx_event_glance(const struct lbx_record *record, struct lbx_arena *arena,
                      struct lbx_event_glance *ret_glance) {
    if (!lbx_glance_skimming(record, arena, ret_glance))
        lbx_glance_parsing(record, arena, ret_glance);
}

/* CloudEvents of both modes: what is decoded or refused, what is encoded, and when two are the same. */
#include "event/envelope.h"

#include "check.h"
#include "expand.h"

#define TRACE "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define DATA "{\"ticket_id\":\"T-1\",\"subscription_id\":\"s\",\"title\":\"t\"}"
#define ATTRIBUTES                                                                                 \
    "\"specversion\":\"1.0\",\"id\":\"e-1\",\"source\":\"/desk\","                                 \
    "\"type\":\"lockbox.ticket.opened.v1\""
#define EVENT "{" ATTRIBUTES ",\"data\":" DATA "}"

#define HEADER(name, text)                                                                         \
    { name, text, sizeof(text) - 1 }
#define TYPED(text) HEADER("content-type", text)
#define CE TYPED("application/cloudevents+json")
#define SPEC HEADER("ce_specversion", "1.0")
#define CE_ID HEADER("ce_id", "e-1")
#define SOURCE HEADER("ce_source", "/desk")
#define TYPE HEADER("ce_type", "lockbox.ticket.opened.v1")
#define BINARY SPEC, CE_ID, SOURCE, TYPE

struct row {
    const char *what;
    const char *value;
    const char *reason; /* NULL: well, with id e-1 and source /desk */
    const char *id;     /* of a rejected event, where it could be read; its source is then /desk */
    struct lbx_header headers[8];
    const char *key; /* NULL: T-1 */
    enum lbx_topic topic;
};

/* clang-format off */
static const struct row rows[] = {
    /* modes */
    {"structured", EVENT, NULL, NULL, {CE}},
    {"structured, with a parameter", EVENT, NULL, NULL,
     {HEADER("Content-Type", "application/CloudEvents+JSON; charset=UTF-8")}},
    {"structured, a space before the parameter", EVENT, NULL, NULL,
     {TYPED("application/cloudevents+json ;charset=UTF-8")}},
    {"structured, the same attributes in headers", EVENT, NULL, NULL,
     {CE, SPEC, HEADER("ce_id", "other")}},
    {"no headers at all", EVENT, NULL, NULL, {{0}}},
    {"structured as the Python SDK writes it", EVENT, NULL, NULL, {TYPED("application/json")}},
    {"binary", DATA, NULL, NULL, {TYPED("application/json"), BINARY}},
    {"binary, no content-type", DATA, NULL, NULL, {BINARY}},
    {"binary, names in upper case", DATA, NULL, NULL,
     {HEADER("CE_SPECVERSION", "1.0"), HEADER("Ce_Id", "e-1"), SOURCE, TYPE}},
    {"binary, other headers", DATA, NULL, NULL,
     {BINARY, HEADER("ce_unknown", "\xFF"), HEADER("x", "\0"), HEADER("ce_", "")}},
    {"binary, a null header", DATA, NULL, NULL, {BINARY, {"ce_subject", NULL, 0}}},
    {"binary, another JSON type", DATA, NULL, NULL, {TYPED("text/vnd.desk+JSON;v=1"), BINARY}},
    {"binary, datacontenttype as ce_ header does not count", DATA, NULL, NULL,
     {BINARY, HEADER("ce_datacontenttype", "text/xml")}},
    {"a batch", "[" EVENT "]",
     "content-type: neither application/cloudevents+json nor, with a ce_specversion header, JSON",
     NULL, {TYPED("application/cloudevents-batch+json")}},
    {"another format", EVENT,
     "content-type: neither application/cloudevents+json nor, with a ce_specversion header, JSON",
     "e-1", {TYPED("application/cloudevents+avro"), BINARY}},
    {"not a CloudEvent", "hello",
     "content-type: neither application/cloudevents+json nor, with a ce_specversion header, JSON",
     NULL, {TYPED("text/plain")}},
    {"a null content-type", EVENT, NULL, NULL, {{"content-type", NULL, 0}}},
    {"an empty content-type", EVENT,
     "content-type: neither application/cloudevents+json nor, with a ce_specversion header, JSON",
     "e-1", {TYPED("")}},
    {"a content-type cut off", EVENT,
     "content-type: neither application/cloudevents+json nor, with a ce_specversion header, JSON",
     "e-1", {TYPED("application/cloudevents+jso")}},
    {"a content-type that goes on", EVENT,
     "content-type: neither application/cloudevents+json nor, with a ce_specversion header, JSON",
     "e-1", {TYPED("application/cloudevents+json5")}},
    {"two content types", EVENT, "content-type: given twice", "e-1",
     {CE, HEADER("Content-type", "application/json")}},
    {"binary, XML", "<a/>", "value: not JSON (line 1, column 1)", "e-1",
     {TYPED("application/xml"), BINARY}},
    {"binary, JSON called XML", DATA, "/datacontenttype: not JSON", "e-1",
     {TYPED("application/xml"), BINARY}},
    {"structured, data called XML",
     "{" ATTRIBUTES ",\"datacontenttype\":\"text/xml\",\"data\":" DATA "}",
     "/datacontenttype: not JSON", "e-1", {CE}},
    {"datacontenttype json alone",
     "{" ATTRIBUTES ",\"datacontenttype\":\"json\",\"data\":" DATA "}",
     "/datacontenttype: not JSON", "e-1", {CE}},

    /* the value */
    {"null value", NULL, "value: empty", NULL, {CE}},
    {"null value, binary", NULL, "value: empty", "e-1", {BINARY}},
    {"empty value", "", "value: empty", NULL, {CE}},
    {"empty value, binary", "", "value: empty", "e-1", {BINARY}},
    {"too long", "<1001>", "value: longer than 1000 bytes", NULL, {CE}},
    {"too long, binary", "<1001>", "value: longer than 1000 bytes", "e-1", {BINARY}},
    {"as long as may be", "<856 >" EVENT, NULL, NULL, {CE}},
    {"not JSON", "{\n\n  \"a\"=1}", "value: not JSON (line 3, column 6)", NULL, {CE}},
    {"two documents", EVENT EVENT, "value: not JSON (line 1, column 145)", NULL, {CE}},
    {"a list", "[]", "value: not an object", NULL, {CE}},
    {"duplicate member", "{" ATTRIBUTES ",\"id\":\"e-2\",\"data\":" DATA "}",
     "value: a member twice in one object (line 1, column 87)", NULL, {CE}},

    /* attributes */
    {"empty object", "{}", "/specversion: missing", NULL, {CE}},
    {"no specversion header", DATA, "/specversion: missing", NULL,
     {TYPED("application/json"), CE_ID, SOURCE, TYPE}},
    {"another specversion",
     "{\"specversion\":\"0.3\",\"id\":\"e-1\",\"source\":\"/desk\",\"type\":\"x\"}",
     "/specversion: not 1.0", "e-1", {CE}},
    {"specversion as number", "{\"specversion\":1.0,\"id\":\"e-1\",\"source\":\"/desk\"}",
     "/specversion: not a string", "e-1", {CE}},
    {"another specversion, binary", DATA, "/specversion: not 1.0", "e-1",
     {HEADER("ce_specversion", "1.1"), CE_ID, SOURCE, TYPE}},
    {"no id", DATA, "/id: missing", NULL, {SPEC, TYPE, SOURCE}},
    {"empty id", DATA, "/id: empty", NULL, {SPEC, HEADER("ce_id", ""), SOURCE, TYPE}},
    {"id too long", "{\"specversion\":\"1.0\",\"id\":\"<129>\",\"source\":\"/desk\"}",
     "/id: longer than 128 bytes", NULL, {CE}},
    {"id twice", DATA, "/id: given twice", "e-1", {BINARY, HEADER("CE_ID", "e-2")}},
    {"id twice, and no JSON", "{", "/id: given twice", "e-1", {BINARY, HEADER("CE_ID", "e-2")}},
    {"id no UTF-8", DATA, "/id: not UTF-8 text", NULL,
     {SPEC, HEADER("ce_id", "\xFF"), TYPE, SOURCE}},
    {"id with NUL", DATA, "/id: not UTF-8 text", NULL,
     {SPEC, HEADER("ce_id", "e\0f"), TYPE, SOURCE}},
    {"id with NUL in JSON", "{\"id\":\"e\\u0000f\"}",
     "value: a NUL in a string (line 1, column 16)", NULL, {CE}},
    {"no source", DATA, "/source: missing", "e-1", {SPEC, CE_ID, TYPE}},
    {"source too long", DATA, "/source: longer than 256 bytes", "e-1",
     {SPEC, CE_ID, TYPE, {"ce_source", "<257>", 5}}},
    {"no type", DATA, "/type: missing", "e-1", {SPEC, CE_ID, SOURCE}},
    {"unknown type", DATA, "/type: unknown", "e-1",
     {SPEC, CE_ID, SOURCE, HEADER("ce_type", "lockbox.ticket.opened.v2")}},
    {"another topic's type", EVENT, "/type: belongs to another topic", "e-1", {CE}, NULL,
     LBX_TOPIC_TENANTS},
    {"on the dead letters", EVENT, "/type: belongs to another topic", "e-1", {CE}, NULL,
     LBX_TOPIC_DEADLETTER},
    {"time", DATA, "/time: not an RFC 3339 time from 1970 to 9999", "e-1",
     {BINARY, HEADER("ce_time", "yesterday")}},
    {"subject too long", "{" ATTRIBUTES ",\"subject\":\"<257>\",\"data\":" DATA "}",
     "/subject: longer than 256 bytes", "e-1", {CE}},
    {"subject empty", "{" ATTRIBUTES ",\"subject\":\"\",\"data\":" DATA "}", "/subject: empty",
     "e-1", {CE}},
    {"causationid too long", "{" ATTRIBUTES ",\"causationid\":\"<129>\",\"data\":" DATA "}",
     "/causationid: longer than 128 bytes", "e-1", {CE}},
    {"traceparent too long", "{" ATTRIBUTES ",\"traceparent\":\"<129>\",\"data\":" DATA "}",
     "/traceparent: longer than 128 bytes", "e-1", {CE}},
    {"sequence as number", "{" ATTRIBUTES ",\"sequence\":1,\"data\":" DATA "}",
     "/sequence: not a string", "e-1", {CE}},

    /* data */
    {"no data", "{" ATTRIBUTES "}", "/data: missing", "e-1", {CE}},
    {"null data", "{" ATTRIBUTES ",\"data\":null}", "/data: missing", "e-1", {CE}},
    {"data in Base64", "{" ATTRIBUTES ",\"data_base64\":\"e30=\"}", "/data: missing", "e-1", {CE}},
    {"data no object", "{" ATTRIBUTES ",\"data\":[1]}", "/data: not an object", "e-1", {CE}},
    {"data as text", "{" ATTRIBUTES ",\"data\":\"{}\"}", "/data: not an object", "e-1", {CE}},
    {"null data, binary", "null", "/data: missing", "e-1", {BINARY}},
    {"data no object, binary", "3", "/data: not an object", "e-1", {BINARY}},
    {"field missing", "{\"ticket_id\":\"T-1\",\"title\":\"t\"}", "/data/subscription_id: missing",
     "e-1", {BINARY}},

    /* the key */
    {"no key", EVENT, "key: differs from /data/ticket_id", "e-1", {CE}, ""},
    {"another key", EVENT, "key: differs from /data/ticket_id", "e-1", {CE}, "T-2"},
    {"a longer key", EVENT, "key: differs from /data/ticket_id", "e-1", {CE}, "T-1 "},
    {"a shorter key", EVENT, "key: differs from /data/ticket_id", "e-1", {CE}, "T-"},
    {"another case", EVENT, "key: differs from /data/ticket_id", "e-1", {CE}, "t-1"},
};
/* clang-format on */

static void decodes_or_says_why(void **state) {
    (void)state;
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct lbx_header headers[COUNT(row->headers)];
        struct lbx_record record = {.topic = row->topic,
                                    .key = "T-1",
                                    .key_len = 3,
                                    .value = row->value ? expand(&arena, row->value) : NULL,
                                    .headers = headers};
        record.value_len = record.value ? strlen(record.value) : 0;
        for (; record.header_count < COUNT(headers) && row->headers[record.header_count].name;
             record.header_count++) {
            struct lbx_header *header = &headers[record.header_count];
            *header = row->headers[record.header_count];
            if (header->value && *(const char *)header->value == '<') {
                header->value = expand(&arena, header->value);
                header->len = strlen(header->value);
            }
        }
        if (row->key) {
            record.key = *row->key ? row->key : NULL;
            record.key_len = strlen(row->key);
        }
        struct lbx_event event;
        struct lbx_reason reason = {""};
        enum lbx_err err = lbx_event_decode(&record, 1000, &arena, &event, &reason);
        bool over = row->reason && strstr(row->reason, "longer than 1000 bytes");
        enum lbx_err want = row->reason ? over ? LBX_ERR_LIMIT : LBX_ERR_INVALID : LBX_OK;
        CHECK_ROW(&bad, row->what, err == want, "err %d: %s", err, reason.text);
        const char *want_id = row->reason ? row->id : "e-1";
        CHECK_ROW(&bad, row->what, same(event.id, want_id), "id %s", event.id);
        if (want_id && !strstr(row->what, "source"))
            CHECK_ROW(&bad, row->what, same(event.source, "/desk"), "source %s", event.source);
        if (row->reason) {
            CHECK_ROW(&bad, row->what, same(reason.text, row->reason), "%s", reason.text);
            CHECK_ROW(&bad, row->what, !event.type && !event.data, "type %d", event.type);
        } else if (err == LBX_OK) {
            const struct lbx_ticket_opened *data = event.data;
            CHECK_ROW(&bad, row->what,
                      event.type == LBX_EVENT_TICKET_OPENED && same(data->ticket_id, "T-1"),
                      "type %d", event.type);
        }
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

/* A trace that is none is no event's fault: it is dropped. */
static void a_trace_that_is_none(void **state) {
    (void)state;
    static const struct {
        const char *what, *members;
        struct lbx_header headers[8];
        bool parent, state;
    } traces[] = {
        {"both", ",\"traceparent\":\"" TRACE "\",\"tracestate\":\"a=1\"", {CE}, true, true},
        {"a number", ",\"traceparent\":\"" TRACE "\",\"tracestate\":1", {CE}, true, false},
        {"an object", ",\"traceparent\":\"" TRACE "\",\"tracestate\":{\"a\":[1e9]}", {CE}, true},
        {"too long",
         ",\"tracestate\":\"a=<250>,b=<256>,c=1\",\"traceparent\":\"" TRACE "\"",
         {CE},
         true},
        {"empty", ",\"traceparent\":\"" TRACE "\",\"tracestate\":\"\"", {CE}, true},
        {"no list", ",\"traceparent\":\"" TRACE "\",\"tracestate\":\"a\"", {CE}, true},
        {"no parent", ",\"traceparent\":\"00-a-b-01\",\"tracestate\":\"a=1\"", {CE}},
        {"state alone", ",\"tracestate\":\"a=1\"", {CE}},
        {"in headers",
         NULL,
         {BINARY, HEADER("ce_traceparent", TRACE), HEADER("ce_tracestate", "a=1")},
         true,
         true},
        {"twice",
         NULL,
         {BINARY, HEADER("ce_traceparent", TRACE), HEADER("ce_tracestate", "a=1"),
          HEADER("ce_tracestate", "b=1")},
         true,
         true},
        {"no UTF-8",
         NULL,
         {BINARY, HEADER("ce_traceparent", TRACE), HEADER("ce_tracestate", "a=\xff")},
         true},
        {"a NUL",
         NULL,
         {BINARY, HEADER("ce_traceparent", TRACE), HEADER("ce_tracestate", "a=1\0")},
         true},
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(traces); i++) {
        const char *value = traces[i].members
                                ? lbx_arena_printf(&arena, "{" ATTRIBUTES "%s,\"data\":" DATA "}",
                                                   expand(&arena, traces[i].members))
                                : DATA;
        struct lbx_record record = {.key = "T-1",
                                    .key_len = 3,
                                    .value = value,
                                    .value_len = strlen(value),
                                    .headers = traces[i].headers};
        struct lbx_event event;
        struct lbx_reason reason = {""};
        while (record.header_count < COUNT(traces[i].headers) &&
               traces[i].headers[record.header_count].name)
            record.header_count++;
        enum lbx_err err = lbx_event_decode(&record, 10000, &arena, &event, &reason);
        CHECK_ROW(&bad, traces[i].what, err == LBX_OK, "rejected: %s", reason.text);
        CHECK_ROW(&bad, traces[i].what,
                  err != LBX_OK || (!event.trace.parent != traces[i].parent &&
                                    !event.trace.state != traces[i].state),
                  "another trace");
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

static void attributes_of_either_mode(void **state) {
    (void)state;
    static const char structured[] =
        "{" ATTRIBUTES ",\"subject\":\"S\xC3\xA9%20\",\"time\":\"2026-11-23T16:08:38.5Z\","
        "\"datacontenttype\":\"application/json\",\"sequence\":\"007\",\"causationid\":\"c\","
        "\"traceparent\":\"" TRACE
        "\",\"tracestate\":\"a=1,b=\\\"\",\"other\":{\"x\":1},\"data\":" DATA "}";
    static const struct lbx_header ce[] = {CE};
    static const struct lbx_header binary[] = {
        TYPED("application/json"),
        HEADER("ce_subject", "S\xC3\xA9%20"),
        HEADER("ce_time", "2026-11-23T16:08:38.5Z"),
        HEADER("ce_sequence", "007"),
        HEADER("ce_causationid", "c"),
        HEADER("ce_traceparent", TRACE),
        HEADER("ce_tracestate", "a=1,b=\""),
        BINARY,
    };
    const struct lbx_record records[] = {
        {.key = "T-1",
         .key_len = 3,
         .value = structured,
         .value_len = sizeof structured - 1,
         .headers = ce,
         .header_count = COUNT(ce)},
        {.key = "T-1",
         .key_len = 3,
         .value = DATA,
         .value_len = sizeof DATA - 1,
         .headers = binary,
         .header_count = COUNT(binary)},
    };
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(records); i++) {
        struct lbx_event event;
        struct lbx_reason reason = {""};
        assert_int_equal(lbx_event_decode(&records[i], 1000, &arena, &event, &reason), LBX_OK);
        assert_string_equal(event.subject, "S\xC3\xA9%20"); /* never percent-decoded */
        assert_int_equal(event.time, 1795450118500000);
        assert_string_equal(event.sequence, "007");
        assert_string_equal(event.causationid, "c");
        assert_string_equal(event.trace.parent, TRACE);
        assert_string_equal(event.trace.state, "a=1,b=\"");
    }
    lbx_arena_done(&arena);
}

/* An event out, read back as the notifier reads it. */
static void encodes_what_decodes(void **state) {
    (void)state;
    struct lbx_item items[] = {
        {.number = 1, .action = "get_pod_logs", .namespace = "openshift-etcd", .kept = true}};
    struct lbx_approver approvers[] = {
        {.principal = {"p", "p@c.example", "P \"x\""}, .role = LBX_ROLE_OWNER}};
    struct lbx_request_changed changed = {
        .request = {.request_id = "R-1",
                    .state = LBX_STATE_CUSTOMER_NOTIFIED,
                    .version = 12,
                    .ticket_id = "T-1",
                    .engineer = {.id = "e"},
                    .resource_id = "/r",
                    .actions = items,
                    .action_count = 1,
                    .created_at = 1795450118123456,
                    .approvers = approvers,
                    .approver_count = 1},
    };
    struct lbx_event_out out = {.type = LBX_EVENT_REQUEST_CREATED,
                                .id = "i",
                                .source = "/lockbox/requester",
                                .subject = "R-1",
                                .time = 1795450118123456,
                                .sequence = 12,
                                .causationid = "e-1",
                                .data = &changed};
    struct lbx_buf json LBX_BUF = {0};
    lbx_event_encode(&out, &json);
    assert_string_equal(
        json.data,
        "{\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"/lockbox/requester\","
        "\"type\":\"lockbox.request.created.v1\",\"subject\":\"R-1\","
        "\"time\":\"2026-11-23T16:08:38.123456Z\",\"datacontenttype\":\"application/json\","
        "\"sequence\":\"00000000000000000012\",\"causationid\":\"e-1\",\"data\":{\"request\":{"
        "\"request_id\":\"R-1\",\"state\":\"customer_notified\",\"version\":12,"
        "\"ticket_id\":\"T-1\",\"engineer\":{\"id\":\"e\"},\"resource_id\":\"/r\","
        "\"actions\":[{\"number\":1,\"action\":\"get_pod_logs\",\"namespace\":\"openshift-etcd\","
        "\"kept\":true}],\"created_at\":\"2026-11-23T16:08:38.123456Z\","
        "\"approvers\":[{\"principal\":{\"id\":\"p\",\"email\":\"p@c.example\","
        "\"name\":\"P \\\"x\\\"\"},\"role\":\"owner\"}],\"alternate_emails\":[],"
        "\"decisions\":[]}}}");

    static const struct lbx_header ce[] = {CE};
    struct lbx_record record = {.topic = LBX_TOPIC_EVENTS,
                                .key = "R-1",
                                .key_len = 3,
                                .value = json.data,
                                .value_len = json.len,
                                .headers = ce,
                                .header_count = 1};
    struct lbx_arena arena;
    struct lbx_event event;
    struct lbx_reason reason = {""};
    lbx_arena_init(&arena);
    assert_int_equal(lbx_event_decode(&record, 10000, &arena, &event, &reason), LBX_OK);
    const struct lbx_request_changed *back = event.data;
    assert_int_equal(back->request.version, 12);
    assert_string_equal(back->request.approvers[0].principal.name, "P \"x\"");
    assert_int_equal(back->previous_state, LBX_STATE_NONE);

    record.key = "R-2";
    assert_int_equal(lbx_event_decode(&record, 10000, &arena, &event, &reason), LBX_ERR_INVALID);
    assert_string_equal(reason.text, "key: differs from /subject");

    struct lbx_buf without LBX_BUF = {0};
    out.subject = NULL;
    out.sequence = 0;
    out.causationid = NULL;
    out.trace = (struct lbx_trace){TRACE, "a=\"1\""};
    lbx_event_encode(&out, &without);
    assert_non_null(strstr(without.data, "\"datacontenttype\":\"application/json\","
                                         "\"traceparent\":\"" TRACE
                                         "\",\"tracestate\":\"a=\\\"1\\\"\",\"data\":{"));
    record.value = without.data;
    record.value_len = without.len;
    assert_int_equal(lbx_event_decode(&record, 10000, &arena, &event, &reason), LBX_ERR_INVALID);
    assert_string_equal(reason.text, "/subject: missing");
    lbx_arena_done(&arena);
}

/* ---- identity ---- */

static bool same_event(const struct lbx_record *a, const struct lbx_record *b) {
    struct lbx_buf left LBX_BUF = {0};
    struct lbx_buf right LBX_BUF = {0};
    lbx_event_identity(a, &left);
    lbx_event_identity(b, &right);
    return left.len == right.len && memcmp(left.data, right.data, left.len) == 0;
}

#define RECORD(text, ...)                                                                          \
    {                                                                                              \
        .value = (text), .value_len = sizeof(text) - 1,                                            \
        .headers = (const struct lbx_header[]){__VA_ARGS__},                                       \
        .header_count = COUNT(((const struct lbx_header[]){__VA_ARGS__}))                          \
    }

static void identity(void **state) {
    (void)state;
    const struct {
        const char *what;
        bool same;
        struct lbx_record a, b;
    } pairs[] = {
        {"structured, other headers", true, RECORD(EVENT, CE),
         RECORD(EVENT, CE, HEADER("ce_id", "x"), HEADER("h", "1"))},
        {"structured, another byte", false, RECORD(EVENT, CE), RECORD(EVENT " ", CE)},
        {"structured and binary", false, RECORD(DATA, CE), RECORD(DATA, BINARY)},
        {"binary, in another order and case", true, RECORD(DATA, BINARY, HEADER("ce_x", "1")),
         RECORD(DATA, HEADER("CE_X", "1"), TYPE, SOURCE, HEADER("Ce_Id", "e-1"), SPEC)},
        {"binary, another header of no event", true, RECORD(DATA, BINARY),
         RECORD(DATA, BINARY, HEADER("x-hop", "1"))},
        {"binary, another content-type", false, RECORD(DATA, BINARY),
         RECORD(DATA, BINARY, TYPED("application/json"))},
        {"binary, another value of a header", false, RECORD(DATA, BINARY, HEADER("ce_x", "1")),
         RECORD(DATA, BINARY, HEADER("ce_x", "2"))},
        {"binary, null and empty", false, RECORD(DATA, BINARY, HEADER("ce_x", "")),
         RECORD(DATA, BINARY, {"ce_x", NULL, 0})},
        {"binary, bytes moved between headers", false,
         RECORD(DATA, BINARY, HEADER("ce_x", "1"), HEADER("ce_y", "")),
         RECORD(DATA, BINARY, HEADER("ce_x", ""), HEADER("ce_y", "1"))},
        {"binary, one name twice, in another order", false,
         RECORD(DATA, BINARY, HEADER("ce_x", "1"), HEADER("ce_x", "2")),
         RECORD(DATA, BINARY, HEADER("ce_x", "2"), HEADER("ce_x", "1"))},
        {"binary, another value", false, RECORD(DATA, BINARY), RECORD(DATA " ", BINARY)},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(pairs); i++)
        CHECK_ROW(&bad, pairs[i].what, same_event(&pairs[i].a, &pairs[i].b) == pairs[i].same,
                  "expected %s", pairs[i].same ? "the same" : "another");
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_or_says_why),
        cmocka_unit_test(attributes_of_either_mode),
        cmocka_unit_test(a_trace_that_is_none),
        cmocka_unit_test(encodes_what_decodes),
        cmocka_unit_test(identity),
    };
    return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}

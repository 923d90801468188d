/* What the auditor finds in records, well-formed or not. */
#include "event/summary.h"

#include "check.h"
#include "damage.h"
#include "expand.h"

#define TRACE "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define HEADER(name, text)                                                                         \
    { name, text, sizeof(text) - 1 }
#define CE HEADER("content-type", "application/cloudevents+json")
#define EVENT(type, members, data)                                                                 \
    "{\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"/s\",\"type\":\"" type "\"" members        \
    ",\"data\":" data "}"
#define REQUEST(type, members)                                                                     \
    EVENT("lockbox.request." type ".v1", ",\"subject\":\"R\"",                                     \
          "{\"request\":{\"request_id\":\"R\",\"tenant_id\":\"t\",\"subscription_id\":\"s\","      \
          "\"ticket_id\":\"T\",\"engineer\":{\"id\":\"e\"}" members "}}")
#define VOTES(first, second)                                                                       \
    ",\"decisions\":[{\"by\":{\"id\":\"a\"},\"decision\":\"" first "\"},"                          \
    "{\"by\":{\"id\":\"b\"},\"decision\":\"" second "\"}]"
#define OF_REQUEST(word, who)                                                                      \
    {                                                                                              \
        .event_id = "i", .source = "/s", .type = "lockbox.request." word ".v1", .subject = "R",    \
        .tenant_id = "t", .subscription_id = "s", .request_id = "R", .ticket_id = "T",             \
        .actor = who                                                                               \
    }

static const struct {
    const char *what, *value;
    struct lbx_header headers[6];
    struct lbx_event_summary want;
    bool astray; /* on a topic that is not its type's */
} rows[] = {
    {"ticket",
     EVENT("lockbox.ticket.opened.v1", ",\"time\":\"2026-11-23T16:08:38Z\",\"subject\":\"x\"",
           "{\"ticket_id\":\"T\",\"subscription_id\":\"s\",\"opened_by\":{\"id\":\"o\"}}"),
     {CE},
     {"i", "/s", "lockbox.ticket.opened.v1", "x", 1795450118000000, NULL, "s", NULL, "T", "o"}},
    {"engineer assigned",
     EVENT("lockbox.ticket.assigned.v1", "", "{\"ticket_id\":\"T\",\"engineer\":{\"id\":\"e\"}}"),
     {CE},
     {.event_id = "i",
      .source = "/s",
      .type = "lockbox.ticket.assigned.v1",
      .ticket_id = "T",
      .actor = "e"}},
    {"asked for, binary",
     "{\"ticket_id\":\"T\",\"engineer_id\":\"e\"}",
     {HEADER("ce_specversion", "1.0"), HEADER("ce_type", "lockbox.access.requested.v1"),
      HEADER("ce_id", "i"), HEADER("ce_source", "/s"), HEADER("ce_time", "2026-11-23T16:08:38Z")},
     {.event_id = "i",
      .source = "/s",
      .type = "lockbox.access.requested.v1",
      .event_time = 1795450118000000,
      .ticket_id = "T",
      .actor = "e"}},
    {"role assigned: by whom is not said",
     EVENT("lockbox.tenant.role_assigned.v1", "",
           "{\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"principal\":{\"id\":\"p\"}}"),
     {CE},
     {.event_id = "i",
      .source = "/s",
      .type = "lockbox.tenant.role_assigned.v1",
      .tenant_id = "t",
      .subscription_id = "s"}},
    {"voted",
     EVENT("lockbox.decision.submitted.v1", "",
           "{\"request_id\":\"R\",\"by\":{\"id\":\"a\",\"email\":7}}"),
     {CE},
     {.event_id = "i",
      .source = "/s",
      .type = "lockbox.decision.submitted.v1",
      .request_id = "R",
      .actor = "a"}},
    {"created",
     REQUEST("created", ",\"state\":\"customer_notified\""),
     {CE},
     OF_REQUEST("created", "e")},
    {"refused", REQUEST("refused", ",\"state\":\"refused\""), {CE}, OF_REQUEST("refused", "e")},
    {"approved by the last",
     REQUEST("approved", ",\"state\":\"approved\"" VOTES("approve", "approve")),
     {CE},
     OF_REQUEST("approved", "b")},
    {"denied",
     REQUEST("denied", ",\"state\":\"denied\"" VOTES("approve", "deny")),
     {CE},
     OF_REQUEST("denied", "b")},
    {"revoked by a person",
     REQUEST("revoked", ",\"state\":\"revoked\"" VOTES("approve", "revoke")),
     {CE},
     OF_REQUEST("revoked", "b")},
    {"revoked by closing the ticket",
     REQUEST("revoked", ",\"state\":\"revoked\"" VOTES("approve", "approve")),
     {CE},
     OF_REQUEST("revoked", NULL)},
    {"completed by time",
     REQUEST("completed", ",\"state\":\"completed\"" VOTES("approve", "approve")),
     {CE},
     OF_REQUEST("completed", NULL)},
    {"completed by time, after a decision of another kind",
     REQUEST("completed", ",\"state\":\"completed\"" VOTES("approve", "doubt")),
     {CE},
     OF_REQUEST("completed", NULL)},
    {"expired by time",
     REQUEST("expired", ",\"state\":\"expired\""),
     {CE},
     OF_REQUEST("expired", NULL)},
    {"one approval of two",
     REQUEST("approval_recorded", VOTES("approve", "approve")),
     {CE},
     OF_REQUEST("approval_recorded", "b")},
    {"reminded by time",
     REQUEST("reminder_due", VOTES("approve", "approve")),
     {CE},
     OF_REQUEST("reminder_due", NULL)},
    {"emergency",
     REQUEST("emergency_started", ",\"authorized_by\":{\"id\":\"z\"}"),
     {CE},
     OF_REQUEST("emergency_started", "e")},
    {"acknowledged",
     REQUEST("acknowledged", VOTES("approve", "acknowledge")),
     {CE},
     OF_REQUEST("acknowledged", "b")},
    {"unacknowledged by time",
     REQUEST("unacknowledged", ""),
     {CE},
     OF_REQUEST("unacknowledged", NULL)},
    {"no list of votes",
     REQUEST("approved", ",\"decisions\":7"),
     {CE},
     OF_REQUEST("approved", NULL)},
    {"a request's event without its request",
     EVENT("lockbox.request.created.v1", ",\"subject\":\"R\"", "{}"),
     {CE},
     {.event_id = "i",
      .source = "/s",
      .type = "lockbox.request.created.v1",
      .subject = "R",
      .request_id = "R"}},
    {"a tenant's event: its subject is no request",
     EVENT("lockbox.tenant.changed.v1", ",\"subject\":\"t\"", "{\"tenant_id\":\"t\"}"),
     {CE},
     {.event_id = "i",
      .source = "/s",
      .type = "lockbox.tenant.changed.v1",
      .subject = "t",
      .tenant_id = "t"}},
    {"a tenant that the contract has no place for",
     EVENT("lockbox.ticket.closed.v1", "", "{\"ticket_id\":\"T\",\"tenant_id\":\"t\"}"),
     {CE},
     {.event_id = "i", .source = "/s", .type = "lockbox.ticket.closed.v1", .ticket_id = "T"}},
    {"a tenant's event on another topic",
     EVENT("lockbox.tenant.changed.v1", ",\"subject\":\"t\"", "{\"tenant_id\":\"t\"}"),
     {CE},
     {.event_id = "i", .source = "/s", .type = "lockbox.tenant.changed.v1", .subject = "t"},
     true},
    {"unknown type",
     EVENT("some.other", "", "{\"ticket_id\":\"T\"}"),
     {{0}},
     {.event_id = "i", .source = "/s", .type = "some.other", .ticket_id = "T"}},

    /* not well-formed */
    {"no envelope", "{\"data\":{\"ticket_id\":\"T\"}}", {{0}}, {.ticket_id = "T"}},
    {"wrong types and lengths",
     "{\"id\":7,\"source\":\"<257>\",\"type\":[],\"time\":\"now\",\"subject\":\"\","
     "\"data\":{\"ticket_id\":\"<129>\",\"tenant_id\":null,\"subscription_id\":{},"
     "\"request_id\":\"\",\"by\":[],\"engineer\":{\"id\":\"e\"}}}",
     {CE},
     {.actor = "e"}},
    {"data no object",
     EVENT("lockbox.ticket.opened.v1", "", "[1]"),
     {CE},
     {.event_id = "i", .source = "/s", .type = "lockbox.ticket.opened.v1"}},
    {"request no object",
     EVENT("lockbox.request.created.v1", "", "{\"request\":[1]}"),
     {CE},
     {.event_id = "i", .source = "/s", .type = "lockbox.request.created.v1"}},
    {"not JSON", "{\"id\":", {CE}, {0}},
    {"duplicates", "{\"id\":\"i\",\"id\":\"j\"}", {CE}, {0}},
    {"a list", "[]", {CE}, {0}},
    {"NUL", "{\"id\":\"a\\u0000\"}", {CE}, {0}},
    {"no UTF-8", "{\"id\":\"\xFF\"}", {CE}, {0}},
    {"null value", NULL, {CE}, {0}},
    {"empty value", "", {CE}, {0}},
    {"a signed note", "lockbox.example/tickets.v1/0\n1\nAAAA\n\n\xE2\x80\x94 x y\n", {{0}}, {0}},
    {"a batch",
     "[{\"id\":\"i\"}]",
     {HEADER("content-type", "application/cloudevents-batch+json")},
     {0}},
    {"another content-type, but an event",
     EVENT("lockbox.ticket.closed.v1", "", "{\"ticket_id\":\"T\"}"),
     {HEADER("content-type", "text/plain")},
     {.event_id = "i", .source = "/s", .type = "lockbox.ticket.closed.v1", .ticket_id = "T"}},
    {"binary, the value not JSON",
     "<a/>",
     {HEADER("ce_specversion", "1.0"), HEADER("ce_id", "i"), HEADER("ce_source", "\xFF"),
      HEADER("ce_type", "a\0b")},
     {.event_id = "i"}},
    {"of a trace",
     EVENT("x", ",\"tracestate\":\"a=1\",\"traceparent\":\"" TRACE "\"", "{}"),
     {CE},
     {.event_id = "i", .source = "/s", .type = "x", .trace = {TRACE, "a=1"}}},
    {"of a trace that is none",
     EVENT("x", ",\"tracestate\":7,\"traceparent\":\"00-a-b-01\"", "{}"),
     {CE},
     {.event_id = "i", .source = "/s", .type = "x"}},
    {"binary, null value",
     NULL,
     {HEADER("ce_specversion", "1.0"), HEADER("ce_id", "i")},
     {.event_id = "i"}},
    {"binary, an id twice: the first",
     "{\"ticket_id\":\"T\"}",
     {HEADER("ce_specversion", "1.0"), HEADER("ce_id", "i"), HEADER("ce_id", "j")},
     {.event_id = "i", .ticket_id = "T"}},
};

static void finds_what_is_there(void **state) {
    (void)state;
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_record record = {.topic = LBX_TOPIC_DEADLETTER,
                                    .value = rows[i].value ? expand(&arena, rows[i].value) : NULL,
                                    .headers = rows[i].headers};
        record.value_len = record.value ? strlen(record.value) : 0;
        const enum lbx_event_type known =
            rows[i].want.type ? lbx_event_type_find(rows[i].want.type) : LBX_EVENT_NONE;
        if (known != LBX_EVENT_NONE && !rows[i].astray)
            record.topic = lbx_event_type_info(known)->topic;
        while (record.header_count < COUNT(rows[i].headers) &&
               rows[i].headers[record.header_count].name)
            record.header_count++;
        struct lbx_event_summary got;
        const struct lbx_event_summary *want = &rows[i].want;
        memset(&got, 0xFF, sizeof got);
        lbx_event_summary(&record, &arena, &got);
#define SAME(member)                                                                               \
    CHECK_ROW(&bad, rows[i].what, same(got.member, want->member), #member " is %s", got.member)
        SAME(event_id);
        SAME(source);
        SAME(type);
        SAME(subject);
        SAME(tenant_id);
        SAME(subscription_id);
        SAME(request_id);
        SAME(ticket_id);
        SAME(actor);
        SAME(trace.parent);
        SAME(trace.state);
        CHECK_ROW(&bad, rows[i].what, got.event_time == want->event_time, "event_time is %lld",
                  (long long)got.event_time);

        /* With decoding, the summary is the same, and the event is read as it is read alone. */
        struct lbx_event_summary with;
        struct lbx_event alone, event;
        struct lbx_reason why_alone = {{0}}, why = {{0}};
        enum lbx_err err = lbx_event_decode_with_summary(&record, &arena, &with, &event, &why);
        enum lbx_err err_alone =
            lbx_event_decode(&record, LBX_SUMMARY_BYTES, &arena, &alone, &why_alone);
        CHECK_ROW(&bad, rows[i].what, same(with.event_id, got.event_id), "with decoding otherwise");
        CHECK_ROW(&bad, rows[i].what, same(with.request_id, got.request_id),
                  "with decoding otherwise");
        CHECK_ROW(&bad, rows[i].what, err == err_alone && same(why.text, why_alone.text),
                  "with the summary: %s", why.text);
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

/* ---- the text and what jansson parses of it have the same summary ---- */

static bool same_summary(const struct lbx_event_summary *a, const struct lbx_event_summary *b) {
    return same(a->event_id, b->event_id) && same(a->source, b->source) && same(a->type, b->type) &&
           same(a->subject, b->subject) && a->event_time == b->event_time &&
           same(a->tenant_id, b->tenant_id) && same(a->subscription_id, b->subscription_id) &&
           same(a->request_id, b->request_id) && same(a->ticket_id, b->ticket_id) &&
           same(a->actor, b->actor);
}

/* Compares with the same object behind a member that only jansson reads. Returns whether there is a
 * type, so that something was read. */
static bool summed_up_alike(const struct lbx_record *record, struct lbx_arena *arena, int *bad) {
    const char *value = record->value;
    struct lbx_event_summary ordinary, parsed;
    struct lbx_record odd = *record;
    if (record->value_len < 2 || memcmp(value, "{\"", 2) != 0)
        return false;
    odd.value = lbx_arena_printf(arena, "{\"odd\":1.5,%.*s", (int)record->value_len - 1, value + 1);
    odd.value_len = strlen(odd.value);
    lbx_event_summary(record, arena, &ordinary);
    lbx_event_summary(&odd, arena, &parsed);
    CHECK_ROW(bad, "parsed", same_summary(&ordinary, &parsed), "%.*s", (int)record->value_len,
              value);
    return ordinary.type;
}

#define VOTED(decisions)                                                                               \
    "{\"id\":\"i\",\"source\":\"/s\",\"type\":\"lockbox.request.approved.v1\",\"data\":{\"request\":{" \
    "\"request_id\":\"r\",\"tenant_id\":\"t\",\"engineer\":{\"id\":\"e\"},\"decisions\":" decisions    \
    ",\"ticket_id\":\"T\",\"subscription_id\":\"s\"}}}"

static void text_and_parsed_value_are_alike(void **unused) {
    (void)unused;
    static const struct lbx_header headers[] = {CE};
    static const char *const more[] = {
        "{\"id\":\"i\",\"time\":\"2026-11-23 16:08:38Z\",\"n\":-0,\"m\":[1,[2,{}],true,null,\"\\n\"]}",
        "{\"id\":\"<128>\",\"source\":\"<257>\",\"data\":{\"by\":{\"id\":\"gr\xC3\xBC\xC3\x9F\"},\"x\":{\"id\":\"n\"}}}",
        "{\"id\":\"<129>\",\"subject\":\"\",\"type\":7,\"data\":[{\"ticket_id\":\"T\"}]}",
        VOTED("[{\"by\":{\"id\":\"a\"},\"decision\":\"deny\"},"
              "{\"by\":{\"id\":\"b\"},\"decision\":\"approve\"}]"),
        VOTED("[{\"by\":{\"id\":\"a\"},\"decision\":\"approve\"},{\"decision\":\"approve\"}]"),
        VOTED("[{\"by\":{\"id\":\"a\"},\"decision\":\"approve\"},{}]"),
        VOTED("[{\"by\":{\"id\":\"a\"},\"decision\":\"approve\"},7]"),
        VOTED("[{\"by\":[{\"id\":\"a\"}],\"decision\":\"approve\"}]"),
        VOTED("{\"by\":{\"id\":\"a\"},\"decision\":\"approve\"}"),
        VOTED("[[{\"by\":{\"id\":\"a\"},\"decision\":\"approve\"}]]"),
        VOTED("[]"),
        VOTED("null"),
        "{\"id\":\"i\",\"a\":{\"id\":\"j\",\"b\":{\"id\":\"k\"}},\"data\":{\"data\":{\"ticket_id\":\"T\"}}}",
    };
    struct lbx_arena arena;
    int bad = 0;
    size_t whole_ones = 0, damaged_ones = 0;
    uint64_t chance = 1;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows) + COUNT(more); i++) {
        const char *value = i < COUNT(rows) ? rows[i].value : more[i - COUNT(rows)];
        if (!value)
            continue;
        struct lbx_record record = {.headers = headers, .header_count = 1};
        record.value = expand(&arena, value);
        record.value_len = strlen(record.value);
        whole_ones += summed_up_alike(&record, &arena, &bad);
        struct lbx_buf whole LBX_BUF = {0}, text LBX_BUF = {0};
        lbx_buf_str(&whole, record.value);
        for (int round = 0; round < 3000; round++) {
            lbx_buf_clear(&text);
            lbx_buf_add(&text, whole.data, whole.len);
            damage(&text, &chance);
            record.value = text.data;
            record.value_len = text.len;
            damaged_ones += summed_up_alike(&record, &arena, &bad);
            lbx_arena_reset(&arena);
        }
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
    assert_in_range(whole_ones, 25, COUNT(rows) + COUNT(more)); /* the well-formed ones */
    assert_true(damaged_ones > 10000);                          /* so much damage is harmless */
}

static void decoding_gives_both(void **state) {
    (void)state;
    struct lbx_arena arena;
    struct lbx_event_summary with;
    struct lbx_event event;
    struct lbx_reason reason = {{0}};
    static const struct lbx_header headers[] = {CE};
    struct lbx_record record = {.topic = LBX_TOPIC_TICKETS,
                                .key = "T",
                                .key_len = 1,
                                .value =
                                    EVENT("lockbox.ticket.closed.v1", "", "{\"ticket_id\":\"T\"}"),
                                .headers = headers,
                                .header_count = 1};
    record.value_len = strlen(record.value);
    lbx_arena_init(&arena);
    assert_int_equal(lbx_event_decode_with_summary(&record, &arena, &with, &event, &reason),
                     LBX_OK);
    assert_string_equal(with.ticket_id, "T");
    assert_int_equal(event.type, LBX_EVENT_TICKET_CLOSED);
    assert_string_equal(((const struct lbx_ticket_comment *)event.data)->ticket_id, "T");
    lbx_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_what_is_there),
                                       cmocka_unit_test(text_and_parsed_value_are_alike),
                                       cmocka_unit_test(decoding_gives_both)};
    return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}

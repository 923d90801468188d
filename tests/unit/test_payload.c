/* Every row of every type's table, as the reader enforces it: the longest value fits and is written again, a longer
 * one, one of another kind, null and none at all are told by name. That the rows are the contract's: tests/schemas. */
#include "event/payload.h"

#include "check.h"
#include "expand.h"

#define EMAIL_FITS "\"<64>@<63>.<63>.<61>\""
#define PRINCIPAL_FITS "{\"id\":\"<128>\",\"email\":" EMAIL_FITS ",\"name\":\"<256>\"}"

/* ---- values, by a row ---- */

static void put_object(const struct lbx_table *table, const char *but, const char *other,
                       struct lbx_buf *out);

static void put_text(int64_t len, const char *character, struct lbx_buf *out) {
    lbx_buf_char(out, '"');
    for (; len > 0; len--)
        lbx_buf_str(out, character);
    lbx_buf_char(out, '"');
}

static void put_webhook(int64_t len, struct lbx_buf *out) {
    static const char begin[] = "\"https://hooks.example/";
    lbx_buf_str(out, begin);
    for (int64_t i = (int64_t)sizeof begin - 2; i < len; i++)
        lbx_buf_char(out, 'x');
    lbx_buf_char(out, '"');
}

static void put_item(const struct lbx_field *field, enum lbx_type type, struct lbx_buf *out) {
    const char *last = NULL;
    switch (type) {
    case LBX_T_TEXT:
        if (field->format == LBX_FMT_EMAIL)
            expand_into(out, EMAIL_FITS);
        else if (field->format == LBX_FMT_WEBHOOK)
            put_webhook(field->max, out);
        else
            put_text(field->max, field->characters ? "\xC3\xA9" : "x", out);
        break;
    case LBX_T_INT:
        lbx_buf_printf(out, "%lld", (long long)field->max);
        break;
    case LBX_T_BOOL:
        lbx_buf_str(out, "true");
        break;
    case LBX_T_TIME:
        lbx_buf_str(out, "\"2026-11-23T16:08:38.123456Z\"");
        break;
    case LBX_T_DURATION:
        lbx_buf_str(out, "\"P10000D\"");
        break;
    case LBX_T_ENUM:
        for (size_t i = 1; field->names[i]; i++)
            last = field->names[i];
        lbx_buf_printf(out, "\"%s\"", last);
        break;
    case LBX_T_OBJECT:
        put_object(field->of, NULL, NULL, out);
        break;
    case LBX_T_CANONICAL:
        lbx_buf_str(out, "[{\"a\":1,\"b\":null}]");
        break;
    case LBX_T_LIST: /* no list of lists */
    case LBX_T_JSON: /* in no event's table */
        break;
    }
}

static void put_list(const struct lbx_field *field, int64_t count, struct lbx_buf *out) {
    lbx_buf_char(out, '[');
    for (int64_t i = 0; i < count; i++) {
        lbx_buf_str(out, i ? "," : "");
        put_item(field, field->item, out);
    }
    lbx_buf_char(out, ']');
}

static void put_value(const struct lbx_field *field, struct lbx_buf *out) {
    if (field->type == LBX_T_LIST)
        put_list(field, field->max_items < 3 ? field->max_items : 3, out);
    else
        put_item(field, field->type, out);
}

/* Every member with its longest value, but `other` for the member `but`: "" leaves it out. */
static void put_object(const struct lbx_table *table, const char *but, const char *other,
                       struct lbx_buf *out) {
    const char *comma = "";
    lbx_buf_char(out, '{');
    for (size_t i = 0; i < table->count; i++) {
        const struct lbx_field *field = &table->fields[i];
        bool is_other = but && strcmp(but, field->name) == 0;
        if (is_other && !*other)
            continue;
        lbx_buf_printf(out, "%s\"%s\":", comma, field->name);
        if (is_other)
            lbx_buf_str(out, other);
        else
            put_value(field, out);
        comma = ",";
    }
    lbx_buf_char(out, '}');
}

/* ---- what is wrong, by a row: a value, and how that is told ---- */

struct wrong {
    struct lbx_buf value, reason;
};

static void too_long(const struct lbx_field *field, struct wrong *w) {
    if (field->format == LBX_FMT_EMAIL)
        expand_into(&w->value, "\"<64>@<63>.<63>.<62>\"");
    else
        put_text(field->max + 1, field->characters ? "\xC3\xA9" : "x", &w->value);
    lbx_buf_printf(&w->reason, "longer than %lld %s", (long long)field->max,
                   field->characters ? "characters" : "bytes");
}

static void too_many(const struct lbx_field *field, struct wrong *w) {
    put_list(field, field->max_items + 1, &w->value);
    lbx_buf_printf(&w->reason, "more than %lld items", (long long)field->max_items);
}

static void no_name(const struct lbx_field *field, struct wrong *w) {
    lbx_buf_str(&w->value, "\"of no list\"");
    lbx_buf_str(&w->reason, "not one of ");
    for (size_t i = 1; field->names[i]; i++)
        lbx_buf_printf(&w->reason, "%s%s", i > 1 ? ", " : "", field->names[i]);
}

static void make_wrong(const struct lbx_field *field, struct wrong *w) {
    switch (field->type) {
    case LBX_T_TEXT:
        too_long(field, w);
        break;
    case LBX_T_INT:
        lbx_buf_printf(&w->value, "%lld", (long long)field->min - 1);
        lbx_buf_printf(&w->reason, "not between %lld and %lld", (long long)field->min,
                       (long long)field->max);
        break;
    case LBX_T_BOOL:
        lbx_buf_str(&w->value, "1");
        lbx_buf_str(&w->reason, "not true or false");
        break;
    case LBX_T_TIME:
        lbx_buf_str(&w->value, "\"2026-02-29T00:00:00Z\"");
        lbx_buf_str(&w->reason, "not an RFC 3339 time from 1970 to 9999");
        break;
    case LBX_T_DURATION:
        lbx_buf_str(&w->value, field->min ? "\"PT0.9S\"" : "\"P1M\"");
        lbx_buf_str(&w->reason, field->min ? "shorter than PT1S"
                                           : "not an ISO 8601 duration of weeks, days or time");
        break;
    case LBX_T_ENUM:
        no_name(field, w);
        break;
    case LBX_T_OBJECT:
        lbx_buf_str(&w->value, "[]");
        lbx_buf_str(&w->reason, "not an object");
        break;
    case LBX_T_LIST:
        too_many(field, w);
        break;
    case LBX_T_CANONICAL:
        lbx_buf_str(&w->value, "9007199254740992");
        lbx_buf_str(&w->reason, "an integer beyond 2^53 - 1");
        break;
    case LBX_T_JSON:
        break;
    }
}

/* What stands below a row's least. */
static void make_empty(const struct lbx_field *field, struct wrong *w) {
    if (field->type == LBX_T_LIST && field->min_items > 0) {
        lbx_buf_str(&w->value, "[]");
        lbx_buf_str(&w->reason, "empty");
    } else if (field->type == LBX_T_TEXT && field->min > 0) {
        put_text(field->min - 1, "x", &w->value);
        if (field->min == 1)
            lbx_buf_str(&w->reason, "empty");
        else
            lbx_buf_printf(&w->reason, "shorter than %lld bytes", (long long)field->min);
    }
}

/* ---- the reader against them ---- */

/* What reading json with a table says: NULL for well. */
static const char *verdict(struct lbx_arena *arena, const struct lbx_table *table, const char *json,
                           void **ret_data) {
    struct lbx_reason reason;
    *ret_data = lbx_arena_alloc(arena, table->size);
    return lbx_json_read(table, json, strlen(json), "/data", arena, *ret_data, &reason) == LBX_OK
               ? NULL
               : lbx_arena_strdup(arena, reason.text);
}

/* With `value` in the field's place the reader says that reason; NULL: none. */
static void says(int *bad, const struct lbx_table *table, const struct lbx_field *field,
                 const char *value, const char *reason) {
    struct lbx_buf json LBX_BUF = {0};
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    void *data;
    lbx_arena_init(&arena);
    put_object(table, field->name, value, &json);
    const char *said = verdict(&arena, table, json.data, &data);
    char *want = reason ? lbx_arena_printf(&arena, "/data/%s: %s", field->name, reason) : NULL;
    if (want && strlen(want) >= sizeof(struct lbx_reason)) /* reasons are cut off there */
        want[sizeof(struct lbx_reason) - 1] = '\0';
    CHECK_ROW(bad, field->name, same(said, want), "of %s with %.40s: %s", table->name,
              *value ? value : "nothing", said);
}

static void check_field(int *bad, const struct lbx_table *table, const struct lbx_field *field) {
    struct wrong more = {{0}}, less = {{0}};
    says(bad, table, field, "", field->required ? "missing" : NULL);
    says(bad, table, field, "null", field->required && !field->nullable ? "missing" : NULL);
    make_wrong(field, &more);
    says(bad, table, field, more.value.data, more.reason.data);
    make_empty(field, &less);
    if (less.value.len)
        says(bad, table, field, less.value.data, less.reason.data);
    lbx_buf_done(&more.value);
    lbx_buf_done(&more.reason);
    lbx_buf_done(&less.value);
    lbx_buf_done(&less.reason);
}

static void check_table(int *bad, const struct lbx_table *table) {
    struct lbx_buf full LBX_BUF = {0}, written LBX_BUF = {0};
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    void *data;
    lbx_arena_init(&arena);
    put_object(table, NULL, NULL, &full);
    const char *said = verdict(&arena, table, full.data, &data);
    CHECK_ROW(bad, table->name, said == NULL, "%s", said);
    if (!said)
        lbx_json_write(table, data, &written);
    CHECK_ROW(bad, table->name, same(written.data, full.data), "written as %s", written.data);
    for (size_t i = 0; i < table->count; i++) {
        check_field(bad, table, &table->fields[i]);
        if (table->fields[i].of)
            check_table(bad, table->fields[i].of);
    }
}

static void limits_hold(void **state) {
    (void)state;
    int bad = 0;
    for (int type = LBX_EVENT_NONE + 1; type < LBX_EVENT_COUNT; type++)
        check_table(&bad, lbx_event_type_info((enum lbx_event_type)type)->data);
    assert_int_equal(bad, 0);
}

static void parts(void **state) {
    (void)state;
    static const struct {
        const char *type, *json, *reason;
    } rows[] = {
        {"lockbox.tenant.lockbox_enabled.v1",
         "{\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"by\":{\"email\":\"a@b\",\"name\":\"\"}}",
         "/data/by/id: missing"},
        {"lockbox.tenant.lockbox_enabled.v1",
         "{\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"by\":{\"id\":\"\",\"email\":\"a@b\","
         "\"name\":\"\"}}",
         "/data/by/id: empty"},
        {"lockbox.tenant.lockbox_enabled.v1",
         "{\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"by\":{\"id\":\"a\",\"name\":\"\"}}",
         "/data/by/email: missing"},
        {"lockbox.tenant.lockbox_enabled.v1",
         "{\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"by\":{\"id\":\"a\",\"email\":\"a@b\"}}",
         "/data/by/name: missing"},
        /* without an organization he is the customer's; a policy votes under an id alone */
        {"lockbox.ticket.opened.v1",
         "{\"ticket_id\":\"t\",\"subscription_id\":\"s\",\"title\":\"\",\"opened_by\":{\"id\":\"a\","
         "\"email\":\"a@b\",\"name\":\"\"}}",
         NULL},
        {"lockbox.request.approved.v1",
         "{\"request\":{\"request_id\":\"r\",\"state\":\"approved\",\"version\":2,\"ticket_id\":\"t\","
         "\"engineer\":{\"id\":\"e\"},\"resource_id\":\"r\",\"actions\":[{\"number\":1,"
         "\"action\":\"a\",\"kept\":true}],\"created_at\":\"2026-11-23T16:08:38Z\",\"approvers\":[],"
         "\"alternate_emails\":[],\"decisions\":[{\"by\":{\"id\":\"policy\"},"
         "\"decision\":\"approve\",\"at\":\"2026-11-23T16:08:38Z\"}]}}",
         NULL},
        {"lockbox.tenant.policy_set.v1",
         "{\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"by\":" PRINCIPAL_FITS
         ",\"auto_approve\":[{\"namespace\":\"n\"}]}",
         "/data/auto_approve/0/action: missing"},
        {"lockbox.tenant.contacts_set.v1",
         "{\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"alternate_emails\":[]}", NULL},
        {"lockbox.tenant.contacts_set.v1",
         "{\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"alternate_emails\":[\"a@b\",\"a\"]}",
         "/data/alternate_emails/1: shorter than 3 bytes"},
        /* well-formed wishes, to be refused */
        {"lockbox.access.requested.v1",
         "{\"ticket_id\":\"t\",\"engineer_id\":\"e\",\"resource_id\":\"r\","
         "\"actions\":[{\"action\":\"\"}],\"justification\":\"\",\"duration\":\"P20000D\"}",
         NULL},
        {"lockbox.access.requested.v1",
         "{\"ticket_id\":\"t\",\"engineer_id\":\"e\",\"resource_id\":\"r\",\"actions\":[]}",
         "/data/actions: empty"},
        {"lockbox.access.requested.v1",
         "{\"ticket_id\":\"t\",\"engineer_id\":\"e\",\"resource_id\":\"r\",\"actions\":[{}]}",
         "/data/actions/0/action: missing"},
        {"lockbox.access.requested.v1",
         "{\"ticket_id\":\"t\",\"engineer_id\":\"e\",\"resource_id\":\"r\","
         "\"actions\":[{\"action\":\"a\"},{\"action\":\"a\"},{\"action\":\"a\"},"
         "{\"action\":\"a\",\"kind\":\"<257>\"}]}",
         "/data/actions/3/kind: longer than 256 bytes"},
        {"lockbox.access.requested.v1",
         "{\"ticket_id\":\"t\",\"engineer_id\":\"e\",\"resource_id\":\"r\","
         "\"actions\":[{\"action\":\"<65>\"}]}",
         "/data/actions/0/action: longer than 64 bytes"},
        {"lockbox.decision.submitted.v1",
         "{\"request_id\":\"r\",\"decision\":\"approve\",\"by\":" PRINCIPAL_FITS ",\"actions\":[]}",
         NULL},
        {"lockbox.decision.submitted.v1",
         "{\"request_id\":\"r\",\"decision\":\"approve\",\"by\":" PRINCIPAL_FITS
         ",\"actions\":[<31 7,>7]}",
         NULL},
        {"lockbox.decision.submitted.v1",
         "{\"request_id\":\"r\",\"decision\":\"approve\",\"by\":" PRINCIPAL_FITS
         ",\"actions\":[<32 7,>7]}",
         "/data/actions: more than 32 items"},
        {"lockbox.ticket.assigned.v1",
         "{\"ticket_id\":\"t\",\"engineer\":{\"id\":\"e\",\"email\":\"e@v\",\"name\":\"E\","
         "\"organization\":\"<129>\"}}",
         "/data/engineer/organization: longer than 128 bytes"},
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct lbx_event_type_info *info =
            lbx_event_type_info(lbx_event_type_find(rows[i].type));
        void *data;
        const char *said = verdict(&arena, info->data, expand(&arena, rows[i].json), &data);
        CHECK_ROW(&bad, rows[i].json, same(said, rows[i].reason), "%s", said);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

/* A table that forgot a limit, or has two rows of one place, is our bug. */
static void sound(const struct lbx_table *table) {
    for (size_t i = 0; i < table->count; i++) {
        const struct lbx_field *field = &table->fields[i];
        enum lbx_type item = field->type == LBX_T_LIST ? field->item : field->type;
        bool ok = field->offset < table->size;
        if (item == LBX_T_TEXT)
            ok = ok && field->max >= 1 && field->min <= field->max;
        if (item == LBX_T_INT)
            ok = ok && field->max >= 1 && field->min <= field->max;
        if (item == LBX_T_ENUM)
            ok = ok && field->names && !field->names[0] && field->names[1];
        if (item == LBX_T_OBJECT)
            ok = ok && field->of;
        if (field->type == LBX_T_LIST)
            ok = ok && field->max_items >= 1 && field->count_offset != field->offset;
        for (size_t j = 0; j < i; j++)
            ok = ok && strcmp(table->fields[j].name, field->name) != 0 &&
                 table->fields[j].offset != field->offset;
        if (!ok)
            fail_msg("%s: %s", table->name, field->name);
        if (field->of)
            sound(field->of);
    }
}

static void tables_are_sound(void **state) {
    (void)state;
    for (int type = LBX_EVENT_NONE + 1; type < LBX_EVENT_COUNT; type++)
        sound(lbx_event_type_info((enum lbx_event_type)type)->data);
    sound(&lbx_request_table);
    sound(&lbx_request_clock_table);
    sound(&lbx_request_consent_table);
    sound(&lbx_request_decided_table);
}

static void names_and_enums(void **state) {
    (void)state;
    assert_int_equal(lbx_name_index(lbx_decision_names, "revoke"), LBX_DECISION_REVOKE);
    assert_int_equal(lbx_name_index(lbx_decision_names, "Revoke"), 0);
    assert_int_equal(lbx_name_index(lbx_decision_names, ""), 0);
    assert_string_equal(lbx_state_names[LBX_STATE_NOT_REQUIRED], "not_required");
    assert_null(lbx_state_names[LBX_STATE_NONE]);
    assert_null(lbx_state_names[LBX_STATE_END]);
    assert_int_equal(lbx_event_type_find("lockbox.ticket.opened.v2"), LBX_EVENT_NONE);
    assert_int_equal(lbx_event_type_find(""), LBX_EVENT_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(parts),
        cmocka_unit_test(tables_are_sound),
        cmocka_unit_test(names_and_enums),
    };
    return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}

/* What one event adds to the audit store's read models: rows by model and column, of the schemas' examples. */
#include "models/project.h"

#include "rows.h"

#include "base/time.h"
#include "event/summary.h"

#include <glob.h>

#define EXAMPLES "../../schemas/examples/"

struct projected {
    struct lbx_arena arena;
    struct lbx_buf value;
    struct lbx_models models;
    const char *wrong;
};

static void read_file(const char *path, struct lbx_buf *out) {
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("cannot open %s: unit tests run in tests/unit", path);
    char chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
        lbx_buf_add(out, chunk, n);
    fclose(file);
}

static const struct lbx_event_type_info *info_of(const char *type) {
    int i = LBX_EVENT_NONE + 1;
    while (i < LBX_EVENT_COUNT &&
           strcmp(lbx_event_type_info((enum lbx_event_type)i)->name, type) != 0)
        i++;
    assert_true(i < LBX_EVENT_COUNT);
    return lbx_event_type_info((enum lbx_event_type)i);
}

/* The first string member of that name. */
static const char *value_of(const char *text, const char *name, struct lbx_arena *arena) {
    char member[64];
    (void)snprintf(member, sizeof member, "\"%s\": \"", name);
    const char *at = strstr(text, member);
    assert_non_null(at);
    at += strlen(member);
    return lbx_arena_memdup(arena, at, strcspn(at, "\""));
}

/* The example on the topic of its type, at offset 7. */
static void project(const char *type, const char *example, struct projected *p) {
    char path[512];
    struct lbx_event_summary summary;
    struct lbx_event event;
    struct lbx_reason reason;
    const struct lbx_event_type_info *info = info_of(type);
    *p = (struct projected){0};
    lbx_arena_init(&p->arena);
    lbx_models_init(&p->models);
    (void)snprintf(path, sizeof path, EXAMPLES "%s/%s", type, example);
    read_file(path, &p->value);
    const char *key_name = info->topic == LBX_TOPIC_EVENTS ? "subject" : lbx_topic_key(info->topic);
    const char *key = value_of(p->value.data, key_name, &p->arena);
    static const struct lbx_header header = {"content-type", "application/cloudevents+json", 28};
    const struct lbx_record record = {.topic = info->topic,
                                      .topic_name = lbx_topic_name(info->topic),
                                      .partition = 3,
                                      .offset = 7,
                                      .timestamp_ms = 1795450118123,
                                      .key = key,
                                      .key_len = strlen(key),
                                      .value = p->value.data,
                                      .value_len = p->value.len,
                                      .headers = &header,
                                      .header_count = 1};
    if (lbx_event_decode_with_summary(&record, &p->arena, &summary, &event, &reason) != LBX_OK)
        fail_msg("%s/%s: %s", type, example, reason.text);
    const struct lbx_seen seen = {&p->models, &record, &summary, &event};
    p->wrong = lbx_project(&seen);
}

static void projected_done(struct projected *p) {
    lbx_models_done(&p->models);
    lbx_buf_done(&p->value);
    lbx_arena_done(&p->arena);
}

static size_t row_count(const struct lbx_models *models) {
    size_t rows = 0;
#define ADD(member) rows += lbx_pg_arrays_count(&models->member);
    LBX_MODELS(ADD)
#undef ADD
    return rows;
}

/* ---- what stands in the rows ---- */

enum model {
#define MODEL(member) OF_##member,
    LBX_MODELS(MODEL)
#undef MODEL
};

static const struct lbx_pg_arrays *rows_of(const struct lbx_models *models, enum model model) {
    switch (model) {
#define ROWS(member)                                                                               \
    case OF_##member:                                                                              \
        return &models->member;
        LBX_MODELS(ROWS)
#undef ROWS
    }
    return NULL;
}

static const struct {
    const char *type, *example;
    enum model model;
    size_t rows;
    const char *column, *first; /* what the first row has there; column NULL: nothing is asked */
} expected[] = {
    {"lockbox.request.approved.v1", "valid-in-part.json", OF_requests, 1, "state", "approved"},
    {"lockbox.request.approved.v1", "valid-in-part.json", OF_versions, 1, "previous_state",
     "customer_notified"},
    {"lockbox.request.approved.v1", "valid-in-part.json", OF_versions, 1, "caused_by",
     "2d95c7b0-f83e-4164-a9d7-6b0c1e5f48a3"},
    {"lockbox.request.approved.v1", "valid-by-policy.json", OF_items, 1, "action", "get_pod_logs"},
    {"lockbox.request.approved.v1", "valid-by-two.json", OF_items, 2, "kind", NULL},
    {"lockbox.request.approved.v1", "valid-by-policy.json", OF_activities, 1, "status",
     "Succeeded"},
    {"lockbox.request.refused.v1", "valid-no-approvers.json", OF_requests, 1, "reason",
     "no_approvers"},
    {"lockbox.request.refused.v1", "valid-no-approvers.json", OF_items, 0, NULL, NULL},
    {"lockbox.request.refused.v1", "valid-no-approvers.json", OF_activities, 1, "sub_status",
     "no_approvers"},
    {"lockbox.request.completed.v1", "valid-after-its-time.json", OF_requests, 1, "ended_how",
     "time"},
    {"lockbox.request.revoked.v1", "valid-by-an-approver.json", OF_requests, 1, "ended_how",
     "decision"},
    {"lockbox.request.not_required.v1", "valid-lockbox-not-enabled.json", OF_items, 1, "basis",
     "not_required"},
    {"lockbox.request.emergency_started.v1", "valid-nodes-down.json", OF_items, 2, "basis",
     "emergency"},
    {"lockbox.decision.judged.v1", "valid-applied.json", OF_decisions, 1, "verdict", "applied"},
    {"lockbox.decision.judged.v1", "valid-applied.json", OF_activities, 1, "level",
     "Informational"},
    {"lockbox.decision.judged.v1", "valid-self-approval.json", OF_activities, 1, "level",
     "Warning"},
    {"lockbox.decision.judged.v1", "valid-self-approval.json", OF_requests, 0, NULL, NULL},
    {"lockbox.tenant.changed.v1", "valid-subscription-added.json", OF_owners, 1, "owned", "t"},
    {"lockbox.tenant.changed.v1", "valid-subscription-removed.json", OF_owners, 1, "owned", "f"},
    {"lockbox.tenant.changed.v1", "valid-role-assigned.json", OF_owners, 0, NULL, NULL},
    {"lockbox.tenant.changed.v1", "valid-lockbox-disabled.json", OF_activities, 1, "level",
     "Warning"},
    {"lockbox.tenant.change_refused.v1", "valid-bad-key.json", OF_activities, 1, "sub_status",
     "bad_key"},
    {"lockbox.notification.sent.v1", "valid-first-attempt.json", OF_notifications, 1, "outcome",
     "sent"},
    {"lockbox.notification.failed.v1", "valid-mailbox-unknown.json", OF_notifications, 1, "outcome",
     "failed"},
    {"lockbox.notification.failed.v1", "valid-mailbox-unknown.json", OF_activities, 0, NULL, NULL},
    {"lockbox.quarantine.discarded.v1", "valid-sent-again.json", OF_activities, 1, "level",
     "Warning"},
    {"lockbox.access.performed.v1", "valid-allowed.json", OF_accesses, 1, "outcome", "allowed"},
    {"lockbox.access.performed.v1", "valid-allowed.json", OF_accesses, 1, "audit_id", NULL},
};

static void rows_say_what_the_event_says(void **unused) {
    (void)unused;
    int bad = 0;
    for (size_t i = 0; i < COUNT(expected); i++) {
        struct projected p;
        project(expected[i].type, expected[i].example, &p);
        const struct lbx_pg_arrays *rows = rows_of(&p.models, expected[i].model);
        CHECK_ROW(&bad, expected[i].type, !p.wrong, "%s", p.wrong);
        CHECK_ROW(&bad, expected[i].type, rows->count == expected[i].rows, "%zu rows", rows->count);
        if (rows->count && expected[i].column)
            CHECK_ROW(&bad, expected[i].type,
                      row_has(rows, 0, expected[i].column, expected[i].first), "%s is not %s",
                      expected[i].column, expected[i].first ? expected[i].first : "NULL");
        projected_done(&p);
    }
    assert_int_equal(bad, 0);
}

/* ---- every type ---- */

/* Of what Lockbox publishes and what enforcement points report, each event says something to auditors; each row has
 * the place of its record. */
static void each_example_adds_rows_of_its_place(void **unused) {
    (void)unused;
    int bad = 0;
    for (int type = LBX_EVENT_NONE + 1; type < LBX_EVENT_COUNT; type++) {
        const char *name = lbx_event_type_info((enum lbx_event_type)type)->name;
        char path[256];
        if (!lbx_models_reads(lbx_event_type_info((enum lbx_event_type)type)->topic))
            continue;
        (void)snprintf(path, sizeof path, EXAMPLES "%s/valid-*", name);
        glob_t found;
        assert_int_equal(glob(path, 0, NULL, &found), 0);
        for (size_t file = 0; file < found.gl_pathc; file++) {
            struct projected p;
            const char *example = strrchr(found.gl_pathv[file], '/') + 1;
            project(name, example, &p);
            CHECK_ROW(&bad, name, !p.wrong, "%s", p.wrong);
            CHECK_ROW(&bad, name, row_count(&p.models) > 0, "%s: no row", example);
#define PLACED(member)                                                                             \
    for (size_t i = 0; i < p.models.member.count; i++)                                             \
        CHECK_ROW(&bad, name,                                                                      \
                  row_has(&p.models.member, i, "partition", "3") &&                                \
                      row_has(&p.models.member, i, "offset", "7"),                                 \
                  "another place in " #member);
            LBX_MODELS(PLACED)
#undef PLACED
            projected_done(&p);
        }
        globfree(&found);
    }
    assert_int_equal(bad, 0);
}

/* Kafka keeps any number as a record's time, PostgreSQL does not. */
static void times_that_postgresql_has_not(void **unused) {
    (void)unused;
    const int64_t fine = LBX_TIME_MAX / 1000;
    assert_int_equal(lbx_project_timestamp(&(struct lbx_record){.timestamp_ms = fine}), fine);
    assert_int_equal(lbx_project_timestamp(&(struct lbx_record){.timestamp_ms = fine + 1}), 0);
    assert_int_equal(lbx_project_timestamp(&(struct lbx_record){.timestamp_ms = -1}), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_say_what_the_event_says),
        cmocka_unit_test(each_example_adds_rows_of_its_place),
        cmocka_unit_test(times_that_postgresql_has_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

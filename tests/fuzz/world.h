/* What stands in the authorizer's place of a database, a Kafka and a cluster: functions of its modules' headers, which answer what
 * a fuzzer says. A fuzzer includes this once. */
#ifndef LBX_TESTS_FUZZ_WORLD_H
#define LBX_TESTS_FUZZ_WORLD_H

#include "authorizer/accesses.h"
#include "authorizer/database.h"
#include "io/fetch.h"
#include "worker/spans.h"

#include "fuzz.h"

static struct {
    bool allows;                     /* access_check's answer */
    const char *consent, *decisions; /* evidence; NULL: there is none */
    const char *answer;              /* of a cluster; NULL: it gives none */
    size_t answer_len;
} world;

static char some_request[] = "0190b1a4-5c40-7c3e-9f21-6b8d0e4a7c52";

static struct grant some_grant(void) {
    return (struct grant){.allowed = world.allows,
                          .request_id = some_request,
                          .expires_at = INT64_C(4102444800) * 1000000,
                          .reason = world.allows ? "approved" : "no_grant",
                          .version = 2,
                          .is_named = true};
}

enum lbx_err database_ask(struct database *database, const struct question *question,
                          struct lbx_arena *arena, struct grant *ret_grant) {
    (void)database;
    (void)question;
    (void)arena;
    *ret_grant = some_grant();
    return LBX_OK;
}

enum lbx_err database_grants(struct database *database, const struct question *question,
                             struct lbx_arena *arena, struct grant **ret_list, size_t *ret_count) {
    (void)database;
    (void)question;
    *ret_list = LBX_ARENA_NEW(arena, struct grant);
    **ret_list = some_grant();
    *ret_count = world.allows;
    return LBX_OK;
}

enum lbx_err database_evidence(struct database *database, const char *request_id,
                               struct lbx_arena *arena, struct evidence *ret_evidence) {
    (void)database;
    (void)request_id;
    (void)arena;
    *ret_evidence =
        (struct evidence){.consent = world.consent, .decisions = world.decisions, .open = -1};
    return world.consent ? LBX_OK : LBX_ERR_NOT_FOUND;
}

enum lbx_err database_quarantine(struct database *database,
                                 const struct unreadable_report *report) {
    (void)database;
    assert(*report->reason);
    return LBX_OK;
}

enum lbx_err accesses_publish(struct accesses *accesses, const struct access_event *events,
                              size_t count) {
    (void)accesses;
    for (size_t i = 0; i < count; i++)
        assert(events[i].len && events[i].value[0] == '{' && *events[i].key);
    return LBX_OK;
}

const char *accesses_topic(const struct accesses *accesses) {
    (void)accesses;
    return "lockbox.accesses.v1";
}

bool lbx_otlp_is_on(void) {
    return false;
}

void lbx_span_made(const struct lbx_span_of *of) {
    (void)of;
}

static enum lbx_err answer(struct lbx_answer *ret_answer, const char **ret_why) {
    *ret_why = "it is far away";
    if (!world.answer)
        return LBX_ERR_UNAVAILABLE;
    ret_answer->status = 200;
    lbx_buf_add(&ret_answer->body, world.answer, world.answer_len);
    return LBX_OK;
}

enum lbx_err lbx_fetch_get(const char *url, const char *accept, const struct lbx_fetch_tls *tls,
                           size_t most, long timeout_s, struct lbx_answer *ret_answer,
                           const char **ret_why) {
    (void)url;
    (void)accept;
    (void)tls;
    (void)most;
    (void)timeout_s;
    return answer(ret_answer, ret_why);
}

enum lbx_err lbx_fetch_post(const char *url, const char *content_type,
                            const struct lbx_fetch_tls *tls, const struct lbx_buf *body,
                            size_t most, long timeout_s, struct lbx_answer *ret_answer,
                            const char **ret_why) {
    (void)body;
    return lbx_fetch_get(url, content_type, tls, most, timeout_s, ret_answer, ret_why);
}

enum lbx_err lbx_fetch_patch(const char *url, const char *content_type,
                             const struct lbx_fetch_tls *tls, const struct lbx_buf *body,
                             size_t most, long timeout_s, struct lbx_answer *ret_answer,
                             const char **ret_why) {
    (void)body;
    return lbx_fetch_get(url, content_type, tls, most, timeout_s, ret_answer, ret_why);
}

#endif

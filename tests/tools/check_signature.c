/* Reads signed decisions as lines of JSON from standard input, the data of the three events that they
 * take, and says of each whether the decider's rules find its signature good:
 *
 * In:  {"request":request.created's request,"decision":decision.submitted's data,
 *       "key":approver_key_set's data}
 * Out: good, or bad
 * A line that is not of that form ends the program with 2. */
#include "base/cleanup.h"
#include "core/consent.h"
#include "sign/signed.h"

#include <stdio.h>

struct given {
    struct lbx_request request;
    struct lbx_decision_submitted decision;
    struct lbx_tenant_event key;
};

static bool good(const struct given *given, struct lbx_arena *arena) {
    struct lbx_key key;
    struct lbx_signed_decision payload = {0};
    struct lbx_signed said;
    return given->key.public_key.kty && lbx_key_read(&given->key.public_key, arena, &key) &&
           lbx_signed_read(&given->decision.signature, &key, &lbx_signed_decision_table, arena,
                           &payload, &said) &&
           lbx_signed_decision_matches(&payload, &given->decision, &given->request);
}

int main(void) {
    const struct lbx_field rows[] = {
        LBX_ROW_OBJECT(given, request, struct lbx_request, .required = true,
                       .of = &lbx_request_table),
        LBX_ROW_OBJECT(given, decision, struct lbx_decision_submitted, .required = true,
                       .of = lbx_event_type_info(LBX_EVENT_DECISION_SUBMITTED)->data),
        LBX_ROW_OBJECT(given, key, struct lbx_tenant_event, .required = true,
                       .of = lbx_event_type_info(LBX_EVENT_TENANT_APPROVER_KEY_SET)->data),
    };
    const struct lbx_table table = LBX_TABLE("given", given, rows);
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    char *line LBX_FREE = NULL;
    size_t cap = 0;
    ssize_t len;
    lbx_arena_init(&arena);
    while ((len = getline(&line, &cap, stdin)) >= 0) {
        struct given given;
        struct lbx_reason reason;
        if (lbx_json_read(&table, line, (size_t)len, "", &arena, &given, &reason) != LBX_OK) {
            (void)fprintf(stderr, "%s\n", reason.text);
            return 2;
        }
        (void)puts(good(&given, &arena) ? "good" : "bad");
        lbx_arena_reset(&arena);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}

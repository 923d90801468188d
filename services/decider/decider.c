/* Every decision gets one verdict. Time acts on the request first: a vote after the deadline finds it
 * expired, whether or not the expirer was there.
 */
#include "decider.h"

#include "base/log.h"
#include "base/uuid.h"
#include "core/tenant.h"
#include "event/jws.h"
#include "io/ed25519.h"
#include "sql_decider.h"
#include "store/limits.h"

#include <stdio.h>
#include <string.h>

static struct lbx_metric consent_changed = {
    .name = "consent_changed_total",
    .help = "Decisions on requests whose digest is not of what they say"};
struct lbx_metric *const decider_metrics[] = {&consent_changed, NULL};

/* What the votes of a batch are about, and what their voters may do. */
struct lbx_batch_state {
    struct lbx_map unreadable; /* ids of requests whose rows cannot be read */
    struct lbx_map requests;   /* request id → struct lbx_stored_request */
    struct lbx_map roles;      /* request id, voter id → held */
    struct lbx_map keys;       /* request id, voter id → public key */
    size_t requests_call, roles_call, keys_call;
};

static const char *vote_key(struct lbx_arena *arena, const char *request_id, const char *voter) {
    return LBX_MAP_KEY(arena, request_id, voter);
}

void decider_load(struct lbx_batch *batch, struct lbx_calls *calls) {
    struct lbx_batch_state *loaded = LBX_ARENA_NEW(batch->arena, struct lbx_batch_state);
    struct lbx_rows *votes = lbx_unit_rows(&batch->unit);
    lbx_map_init(&loaded->unreadable, batch->arena);
    lbx_map_init(&loaded->requests, batch->arena);
    lbx_map_init(&loaded->roles, batch->arena);
    lbx_map_init(&loaded->keys, batch->arena);
    for (size_t i = 0; i < batch->count; i++) {
        const struct lbx_decision_submitted *decision = batch->inputs[i].event.data;
        if (batch->inputs[i].status != LBX_INPUT_NEW || !lbx_uuid_valid(decision->request_id))
            continue;
        LBX_PG_ADD(votes, decider_load_roles_vote, .request_id = decision->request_id,
                   .principal_id = decision->by.id);
    }
    loaded->requests_call = lbx_requests_load(votes, NULL, NULL, calls);
    loaded->roles_call = LBX_PG_CALL(calls, decider_load_roles, .vote = votes);
    loaded->keys_call = LBX_PG_CALL(calls, decider_load_keys, .vote = votes);
    batch->state = loaded;
}

static void read_loaded(struct lbx_batch *batch) {
    struct lbx_batch_state *loaded = batch->state;
    const struct lbx_pg *pg = batch->worker->pg;
    for (size_t i = 0; i < lbx_pg_row_count(pg, loaded->roles_call); i++) {
        const struct sql_decider_load_roles_answer it =
            LBX_PG_READ(pg, loaded->roles_call, i, decider_load_roles, NULL);
        lbx_map_set(&loaded->roles, vote_key(batch->arena, it.request_id, it.principal_id), loaded);
    }
    for (size_t i = 0; i < lbx_pg_row_count(pg, loaded->keys_call); i++) {
        const struct sql_decider_load_keys_answer it =
            LBX_PG_READ(pg, loaded->keys_call, i, decider_load_keys, batch->arena);
        if (it.public_key.len == LBX_ED25519_KEY_SIZE &&
            !lbx_key_is_small_order(it.public_key.data))
            lbx_map_set(&loaded->keys, vote_key(batch->arena, it.request_id, it.principal_id),
                        (void *)it.public_key.data);
    }
    if (lbx_requests_read(pg, loaded->requests_call, batch->arena, &loaded->requests,
                          &loaded->unreadable) > 0)
        lbx_worker_incident(LBX_UNREADABLE);
}

/* Whether the request's row cannot be read: the decision is kept, to be replayed once it can. */
static bool is_about_unreadable(struct lbx_batch *batch, struct lbx_input_event *input) {
    const struct lbx_decision_submitted *decision = input->event.data;
    if (!lbx_map_get(&batch->state->unreadable, decision->request_id))
        return false;
    input->status = LBX_INPUT_REJECTED;
    snprintf(input->reason.text, sizeof input->reason.text,
             "/data/request_id: the request's row cannot be read");
    return true;
}

/* A signature that is there has to hold, whether or not the policy asks for one. */
static enum lbx_signature check_signature(const struct lbx_decision_submitted *decision,
                                          const struct lbx_request *request,
                                          const unsigned char *key, struct lbx_arena *arena) {
    struct lbx_signed_decision payload = {0};
    struct lbx_jws jws;
    if (!decision->signature)
        return LBX_SIGNATURE_ABSENT;
    if (!key || lbx_jws_read(decision->signature, &lbx_signed_decision_table, arena, &payload,
                             &jws) != LBX_OK)
        return LBX_SIGNATURE_BAD;
    return lbx_ed25519_verify(key, jws.signature, jws.signed_bytes, jws.signed_len) &&
                   lbx_signed_decision_matches(&payload, decision, request)
               ? LBX_SIGNATURE_GOOD
               : LBX_SIGNATURE_BAD;
}

/* Somebody changed the database by other means than this program's: nothing is applied to the request. */
static void report_changed(const char *request_id) {
    lbx_metric_add(&consent_changed, 1);
    lbx_log(LBX_LOG_ERROR, "what consent was given to is not what the request's digest says",
            LBX_S("request_id", request_id));
    lbx_worker_incident("a request is not what its digest says: the log names it");
}

static void judge(struct lbx_batch *batch, const struct lbx_event *event) {
    const struct lbx_batch_state *loaded = batch->state;
    struct lbx_unit *unit = &batch->unit;
    const struct lbx_decision_submitted *decision = event->data;
    struct lbx_stored_request *stored = lbx_map_get(&loaded->requests, decision->request_id);
    struct lbx_judgement judgement = {.verdict = LBX_VERDICT_UNKNOWN_REQUEST};
    if (stored && !lbx_stored_request_holds(stored)) {
        judgement = (struct lbx_judgement){.verdict = LBX_VERDICT_CONFLICT,
                                           .step = {.event = LBX_EVENT_NONE}};
        report_changed(decision->request_id);
    } else if (stored) {
        const struct lbx_limits limits = lbx_limits_of(&batch->worker->settings);
        const char *key = vote_key(batch->arena, decision->request_id, decision->by.id);
        const struct lbx_voter voter = {
            .forbidden = lbx_request_keeps_forbidden(&stored->request, decision, &limits.forbidden),
            .still_approver = lbx_map_get(&loaded->roles, key) != NULL,
            .signature = check_signature(decision, &stored->request,
                                         lbx_map_get(&loaded->keys, key), batch->arena),
        };
        lbx_unit_pass_time(unit, stored, &limits);
        judgement = lbx_request_decide(&stored->request, decision, &voter, unit->now, batch->arena);
    }
    const struct lbx_decision_judged judged = {
        .request_id = decision->request_id,
        .tenant_id = stored ? stored->request.tenant_id : NULL,
        .decision = decision->decision,
        .verdict = judgement.verdict,
        .by = decision->by,
        .at = unit->now,
        .comment = decision->comment,
    };
    lbx_unit_publish(unit, LBX_EVENT_DECISION_JUDGED, decision->request_id, 0, event, &judged);
    if (stored)
        lbx_unit_step(unit, stored, &judgement.step, event);
}

enum lbx_err decider_decide(struct lbx_batch *batch) {
    read_loaded(batch);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->inputs[i].status == LBX_INPUT_NEW &&
            !is_about_unreadable(batch, &batch->inputs[i]))
            judge(batch, &batch->inputs[i].event);
    return LBX_OK;
}

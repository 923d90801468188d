/* Gives each decision one verdict, also one that cannot be decoded, if its id can. Promises that
 * time acts first: a vote after the deadline finds the request expired, whether or not the
 * expirer ran. Cannot fail but as the database. */
#include "decider.h"

#include "base/log.h"
#include "base/uuid.h"
#include "core/consent.h"
#include "core/tenant.h"
#include "event/signature.h"
#include "event/summary.h"
#include "sign/signed.h"
#include "sql_decider.h"
#include "store/limits.h"
#include "store/metrics.h"

#include <stdio.h>
#include <string.h>

static struct lbx_metric consent_changed = {
    .name = "consent_changed_total",
    .help = "Decisions on requests whose digest is not of what they say"};
struct lbx_metric *const decider_metrics[] = {&consent_changed, NULL};

/* The requests of a batch's votes, and the voters' roles and keys. */
struct lbx_batch_state {
    struct lbx_map unreadable; /* ids of requests whose rows cannot be read */
    struct lbx_map requests;   /* request id → struct lbx_stored_request */
    struct lbx_map roles;      /* request id, voter id → any value: the voter has a role */
    struct lbx_map keys;       /* request id, voter id → struct lbx_key */
    struct lbx_map policies;   /* request id → struct lbx_policy of its subscription, as of now */
    struct lbx_map
        policies_unreadable;   /* ids of requests whose subscription's row cannot be read */
    struct lbx_map signatures; /* request id, signed bytes → id of the voter who used them */
    size_t requests_call, roles_call, keys_call, policies_call, signatures_call;
};

static const char *vote_key(struct lbx_arena *arena, const char *request_id, const char *voter) {
    return LBX_MAP_KEY(arena, request_id, voter);
}

static void load(struct lbx_batch *batch, struct lbx_pg_pipeline *calls) {
    struct lbx_batch_state *loaded = LBX_ARENA_NEW(batch->arena, struct lbx_batch_state);
    struct lbx_pg_arrays *votes = lbx_unit_rows(&batch->unit);
    lbx_map_init(&loaded->unreadable, batch->arena);
    lbx_map_init(&loaded->requests, batch->arena);
    lbx_map_init(&loaded->roles, batch->arena);
    lbx_map_init(&loaded->keys, batch->arena);
    lbx_map_init(&loaded->policies, batch->arena);
    lbx_map_init(&loaded->policies_unreadable, batch->arena);
    lbx_map_init(&loaded->signatures, batch->arena);
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
    loaded->policies_call = LBX_PG_CALL(calls, decider_load_policies, .vote = votes);
    loaded->signatures_call = LBX_PG_CALL(calls, decider_load_signatures, .vote = votes);
    batch->state = loaded;
}

/* ---- signatures that counted ---- */

/* The key of a signature by its signed bytes, as the signature itself has several spellings. */
static const char *signature_key(struct lbx_arena *arena, const char *request_id,
                                 const struct lbx_signature_in *signature) {
    const struct lbx_assertion *assertion = &signature->assertion;
    const char *end = signature->jws ? strrchr(signature->jws, '.') : NULL;
    if (!signature->jws)
        return LBX_MAP_KEY(arena, request_id, assertion->payload, assertion->client_data_json,
                           assertion->authenticator_data);
    const size_t len = end ? (size_t)(end - signature->jws) : strlen(signature->jws);
    const char *signed_part = lbx_arena_memdup(arena, signature->jws, len);
    return LBX_MAP_KEY(arena, request_id, signed_part);
}

static void read_signatures(struct lbx_batch *batch) {
    struct lbx_batch_state *loaded = batch->state;
    const struct lbx_pg *pg = batch->worker->pg;
    for (size_t i = 0; i < lbx_pg_row_count(pg, loaded->signatures_call); i++) {
        const struct sql_decider_load_signatures_answer it =
            LBX_PG_READ(pg, loaded->signatures_call, i, decider_load_signatures, NULL);
        struct lbx_signature_in signature;
        if (lbx_signature_parse(it.signature, batch->arena, &signature))
            lbx_map_set(&loaded->signatures, signature_key(batch->arena, it.request_id, &signature),
                        lbx_arena_strdup(batch->arena, it.principal_id));
    }
}

/* Whether the signature counted for another voter. One of digest version 1 names no signer, and people may have shared a key. */
static bool counted_for_another(const struct lbx_batch *batch,
                                const struct lbx_decision_submitted *decision) {
    if (!lbx_signature_is_there(&decision->signature))
        return false;
    const char *whose =
        lbx_map_get(&batch->state->signatures,
                    signature_key(batch->arena, decision->request_id, &decision->signature));
    return whose && strcmp(whose, decision->by.id) != 0;
}

static void remember_signature(struct lbx_batch *batch,
                               const struct lbx_decision_submitted *decision, int verdict) {
    if (lbx_signature_is_there(&decision->signature) &&
        (verdict == LBX_VERDICT_APPLIED || verdict == LBX_VERDICT_RECORDED))
        lbx_map_set(&batch->state->signatures,
                    signature_key(batch->arena, decision->request_id, &decision->signature),
                    lbx_arena_strdup(batch->arena, decision->by.id));
}

/* Reads the subscriptions' policies. An approval without a readable policy is not judged. */
static void read_policies(struct lbx_batch *batch) {
    struct lbx_batch_state *loaded = batch->state;
    const struct lbx_pg *pg = batch->worker->pg;
    for (size_t i = 0; i < lbx_pg_row_count(pg, loaded->policies_call); i++) {
        const struct sql_decider_load_policies_answer it =
            LBX_PG_READ(pg, loaded->policies_call, i, decider_load_policies, NULL);
        struct lbx_subscription *s = LBX_ARENA_NEW(batch->arena, struct lbx_subscription);
        struct lbx_reason reason;
        if (lbx_json_read_stored(&lbx_subscription_table, it.snapshot, strlen(it.snapshot),
                                 batch->arena, s, &reason) == LBX_OK) {
            lbx_map_set(&loaded->policies, lbx_arena_strdup(batch->arena, it.request_id),
                        &s->policy);
            continue;
        }
        lbx_row_unreadable("subscription", it.subscription_id, reason.text);
        lbx_worker_incident(lbx_unreadable_row());
        lbx_map_set(&loaded->policies_unreadable, lbx_arena_strdup(batch->arena, it.request_id),
                    loaded);
    }
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
        struct lbx_key *key = LBX_ARENA_NEW(batch->arena, struct lbx_key);
        if (lbx_key_of_row(it.public_key.data, it.public_key.len, it.rp_id, it.origins, key))
            lbx_map_set(&loaded->keys, vote_key(batch->arena, it.request_id, it.principal_id), key);
    }
    if (lbx_requests_read(pg, loaded->requests_call, batch->arena, &loaded->requests,
                          &loaded->unreadable) > 0)
        lbx_worker_incident(lbx_unreadable_row());
}

/* Whether the request's row or an approval's policy cannot be read. The decision is then quarantined, for a later replay. */
static bool is_about_unreadable(struct lbx_batch *batch, struct lbx_input_event *input) {
    const struct lbx_decision_submitted *decision = input->event.data;
    const bool request = lbx_map_get(&batch->state->unreadable, decision->request_id) != NULL;
    const bool policy =
        decision->decision == LBX_DECISION_APPROVE &&
        lbx_map_get(&batch->state->policies_unreadable, decision->request_id) != NULL;
    if (!request && !policy)
        return false;
    input->status = LBX_INPUT_REJECTED;
    snprintf(input->reason.text, sizeof input->reason.text,
             "/data/request_id: the %s's row cannot be read", request ? "request" : "subscription");
    return true;
}

/* Verifies a signature, which must be valid even if the policy requires none. */
static enum lbx_signature check_signature(const struct lbx_decision_submitted *decision,
                                          const struct lbx_request *request,
                                          const struct lbx_key *key, struct lbx_arena *arena) {
    struct lbx_signed_decision payload = {0};
    struct lbx_signed said;
    if (!lbx_signature_is_there(&decision->signature))
        return LBX_SIGNATURE_ABSENT;
    return lbx_signed_read(&decision->signature, key, &lbx_signed_decision_table, arena, &payload,
                           &said) &&
                   lbx_signed_decision_matches(&payload, decision, request)
               ? LBX_SIGNATURE_GOOD
               : LBX_SIGNATURE_BAD;
}

/* Logs that a request's digest does not fit its row: another program changed the database, so no decision is applied. */
static void report_changed(const char *request_id) {
    lbx_metric_add(&consent_changed, 1);
    lbx_log(LBX_LOG_ERROR, "what consent was given to is not what the request's digest says",
            LBX_S("request_id", request_id));
    lbx_worker_incident("a request is not what its digest says: the log names it");
}

/* Whether an approval keeps an item that the operator or the customer's current policy forbids. */
static bool keeps_forbidden(const struct lbx_batch *batch, const struct lbx_request *request,
                            const struct lbx_decision_submitted *decision,
                            const struct lbx_limits *limits) {
    const struct lbx_policy *policy = lbx_map_get(&batch->state->policies, request->request_id);
    const struct lbx_forbidden_list customers = {policy ? policy->forbid : NULL,
                                                 policy ? policy->forbid_count : 0};
    return lbx_request_keeps_forbidden(request, decision, &limits->forbidden) ||
           lbx_request_keeps_forbidden(request, decision, &customers);
}

static struct lbx_judgement judge_known(struct lbx_batch *batch,
                                        const struct lbx_decision_submitted *decision,
                                        struct lbx_stored_request *stored) {
    const struct lbx_batch_state *loaded = batch->state;
    struct lbx_unit *unit = &batch->unit;
    const struct lbx_limits limits = lbx_limits_of(&batch->worker->settings);
    const char *key = vote_key(batch->arena, decision->request_id, decision->by.id);
    struct lbx_voter voter = {
        .forbidden = keeps_forbidden(batch, &stored->request, decision, &limits),
        .still_approver = lbx_map_get(&loaded->roles, key) != NULL,
        .signature = check_signature(decision, &stored->request, lbx_map_get(&loaded->keys, key),
                                     batch->arena),
    };
    if (counted_for_another(batch, decision))
        voter.signature = LBX_SIGNATURE_BAD;
    lbx_unit_pass_time(unit, stored, &limits);
    unit->now = lbx_request_not_before(&stored->request, unit->now);
    const struct lbx_judgement judgement =
        lbx_request_decide(&stored->request, decision, &voter, unit->now, batch->arena);
    remember_signature(batch, decision, judgement.verdict);
    return judgement;
}

static void judge(struct lbx_batch *batch, const struct lbx_input_event *input) {
    const struct lbx_event *event = &input->event;
    struct lbx_unit *unit = &batch->unit;
    const struct lbx_decision_submitted *decision = event->data;
    struct lbx_stored_request *stored = lbx_map_get(&batch->state->requests, decision->request_id);
    struct lbx_judgement judgement = {.verdict = LBX_VERDICT_UNKNOWN_REQUEST};
    lbx_unit_begin(unit, input);
    if (stored && !lbx_stored_request_holds(stored)) {
        judgement = (struct lbx_judgement){.verdict = LBX_VERDICT_CONFLICT,
                                           .step = {.event = LBX_EVENT_NONE}};
        report_changed(decision->request_id);
    } else if (stored) {
        judgement = judge_known(batch, decision, stored);
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
    lbx_unit_publish(unit, LBX_EVENT_DECISION_JUDGED, decision->request_id, event, &judged);
    if (stored)
        lbx_unit_step(unit, stored, &judgement.step, event);
}

static void malformed(struct lbx_batch *batch, const struct lbx_input_event *input) {
    struct lbx_event_summary summary;
    lbx_event_summary(input->record, batch->arena, &summary);
    lbx_unit_begin(&batch->unit, input);
    const struct lbx_decision_judged judged = {
        .request_id = summary.request_id, .verdict = LBX_VERDICT_MALFORMED, .at = batch->unit.now};
    lbx_unit_publish(&batch->unit, LBX_EVENT_DECISION_JUDGED,
                     summary.request_id ? summary.request_id : input->event.id, &input->event,
                     &judged);
}

static enum lbx_err decide(struct lbx_batch *batch) {
    read_loaded(batch);
    read_signatures(batch);
    read_policies(batch);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->inputs[i].status == LBX_INPUT_NEW &&
            !is_about_unreadable(batch, &batch->inputs[i]))
            judge(batch, &batch->inputs[i]);
    return LBX_OK;
}

const struct lbx_events decider_events = {
    .topics = {LBX_TOPIC_DECISIONS, LBX_TOPIC_COUNT},
    .load = load,
    .decide = decide,
    .malformed = malformed,
};

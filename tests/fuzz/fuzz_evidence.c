/* What a database shows as evidence of what was signed. Whoever owns it has no key of the customer's: whatever it says, nothing is opened. */
#include "authorizer/evidence.h"

#include "world.h"

/* A good public key; who has the private one is not here. */
static const uint8_t public_key[LBX_ED25519_KEY_SIZE] = {
    0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc,
    0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c};

/* The input: the consent, a line, then the decisions. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text LBX_FREE = fuzz_text(data, size), *rest = text;
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_pinned_key key = {.key = {.size = LBX_ED25519_KEY_SIZE}};
    struct lbx_trusted_approver approver = {.id = "otto", .keys = &key, .key_count = 1};
    const struct lbx_trust trust = {
        .approvers = &approver, .approver_count = 1, .approvals_needed = 1};
    struct evidence_cache *cache = evidence_cache_new();
    struct lbx_request request;
    int64_t ends_at;
    uint64_t open;
    struct lbx_trace trace;
    lbx_log_init("fuzz", LBX_LOG_ERROR);
    lbx_arena_init(&arena);
    memcpy(key.key.bytes, public_key, sizeof public_key);
    world.consent = strsep(&rest, "\n");
    world.decisions = rest ? rest : "";
    world.allows = true;
    const struct grant grant = some_grant();
    const struct evidence_question question = {
        .trust = &trust,
        .engineer_id = "ines",
        .resource_id = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/"
                       "openShiftClusters/c1",
        .attempt = {.action = "get_pod_logs", .namespace = "openshift-ingress"},
        .now_us = INT64_C(1764500000) * 1000000};
    assert(evidence_refuses(cache, NULL, &question, &grant, &arena, &ends_at));
    assert(evidence_refuses(cache, NULL, &question, &grant, &arena, &ends_at)); /* as it is kept */
    (void)evidence_disowns(NULL, some_request, "ines", question.resource_id, &arena, &request,
                           &trace);
    (void)!evidence_open_items(NULL, some_request, &arena, &request, &open);
    (void)!evidence_covers(NULL, some_request, &question.attempt, &arena);
    evidence_cache_free(cache);
    return 0;
}

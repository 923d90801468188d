/* Collects requests, keys and verdicts from Lockbox's events, and checks later versions and counted
 * decisions against them. Promises that each decision that opened or ended access counts as valid, as
 * without a key, or as a finding. Cannot fail: records that Lockbox could not read either are
 * skipped, but for events of its own. */
#include "consent.h"

#include "core/consent.h"
#include "event/envelope.h"
#include "event/open.h"
#include "event/signature.h"
#include "io/hash.h"
#include "sign/signed.h"

#include <string.h>

enum { MOST_BYTES = 16 << 20 }; /* no limit of our own, as Kafka accepted the record */

/* A person's key, valid from a time on. */
struct held_key {
    struct lbx_key key; /* size 0: no key, so that no signature can be checked */
    bool removed;
    int64_t from_us;
    struct held_key *before;
};

/* A counted decision: its voter, request and time. Whoever writes to the topic may give other
 * decisions its id: one has to be right. */
struct judged_decision {
    const char *request_id, *by;
    int64_t at_us;
    bool right;        /* a decision with the id is */
    const char *wrong; /* what is wrong with the first one; static */
    const char *topic; /* where the first one is */
    int32_t partition;
    int64_t offset;
};

void consent_init(struct consent *consent, struct findings *findings) {
    *consent = (struct consent){.findings = findings};
    lbx_arena_init(&consent->arena);
    lbx_arena_init(&consent->scratch);
    lbx_map_init(&consent->requests, &consent->arena);
    lbx_map_init(&consent->keys, &consent->arena);
    lbx_map_init(&consent->judged, &consent->arena);
    lbx_map_init(&consent->signers, &consent->arena);
}

void consent_done(struct consent *consent) {
    lbx_arena_done(&consent->arena);
    lbx_arena_done(&consent->scratch);
}

#define FIND(consent, record, ...)                                                                 \
    findings_add((consent)->findings, (record)->topic_name, (record)->partition, (record)->offset, \
                 __VA_ARGS__)

static bool read_event(struct consent *consent, const struct lbx_record *record,
                       struct lbx_event *ret_event) {
    struct lbx_reason reason;
    lbx_arena_reset(&consent->scratch);
    return lbx_event_decode(record, MOST_BYTES, &consent->scratch, ret_event, &reason) == LBX_OK;
}

/* ---- events of Lockbox ---- */

/* Whether a record that cannot be read says that it is an event which is checked here. */
static bool says_it_counts(struct consent *consent, const struct lbx_record *record) {
    struct lbx_opened in LBX_CLEANUP(lbx_opened_done) = {0};
    struct lbx_attributes a;
    struct lbx_reason reason;
    (void)!lbx_open(record, MOST_BYTES, &in, &reason);
    lbx_opened_read(&lbx_attribute_table, &in.attributes, &consent->scratch, &a);
    const enum lbx_event_type type = a.type ? lbx_event_type_find(a.type) : LBX_EVENT_NONE;
    return type != LBX_EVENT_NONE &&
           (type == LBX_EVENT_TENANT_CHANGED || type == LBX_EVENT_DECISION_JUDGED ||
            lbx_event_type_info(type)->family == LBX_FAMILY_REQUEST);
}

static bool gives_digest(const struct lbx_request *request) {
    struct lbx_buf text LBX_BUF = {0};
    char digest[LBX_SHA256_HEX_SIZE];
    lbx_request_consent(request, lbx_sha256_hex, &text);
    lbx_sha256_hex(text.data, text.len, digest);
    return strcmp(digest, request->digest) == 0;
}

/* Keeps the first version of a request, as the digest covers that: only the members that others are compared with. */
static void learn_request(struct consent *consent, const struct lbx_record *record,
                          const struct lbx_request *request) {
    if (request->version != 1 || !request->digest)
        return;
    if (!gives_digest(request))
        FIND(consent, record, "request %s: it is not what its digest says", request->request_id);
    if (lbx_map_get(&consent->requests, request->request_id))
        return;
    struct lbx_request *kept = LBX_ARENA_NEW(&consent->arena, struct lbx_request);
    *kept = (struct lbx_request){
        .request_id = lbx_arena_strdup(&consent->arena, request->request_id),
        .tenant_id = lbx_arena_strdup(&consent->arena, request->tenant_id),
        .digest = lbx_arena_strdup(&consent->arena, request->digest),
        .digest_version = request->digest_version,
        .signed_decisions = request->signed_decisions,
        .starts_at = request->starts_at,
    };
    lbx_map_set(&consent->requests, kept->request_id, kept);
}

static void learn_key(struct consent *consent, const struct lbx_tenant_changed *change) {
    struct lbx_arena *arena = &consent->arena;
    if (change->change != LBX_CHANGE_APPROVER_KEY_SET)
        return;
    const char *of = LBX_MAP_KEY(arena, change->tenant_id, change->principal_id);
    struct held_key *held = LBX_ARENA_NEW(arena, struct held_key);
    *held = (struct held_key){.removed = !change->public_key.kty,
                              .from_us = change->at,
                              .before = lbx_map_get(&consent->keys, of)};
    if (!held->removed && !lbx_key_read(&change->public_key, arena, &held->key))
        held->key.size = 0;
    lbx_map_set(&consent->keys, of, held);
}

static void learn_verdict(struct consent *consent, const struct lbx_event *event,
                          const struct lbx_decision_judged *judged) {
    const bool counted =
        judged->verdict == LBX_VERDICT_APPLIED || judged->verdict == LBX_VERDICT_RECORDED;
    if (!counted || !event->causationid || !judged->request_id || !judged->by.id)
        return;
    struct judged_decision *kept = LBX_ARENA_NEW(&consent->arena, struct judged_decision);
    *kept = (struct judged_decision){
        .request_id = lbx_arena_strdup(&consent->arena, judged->request_id),
        .by = lbx_arena_strdup(&consent->arena, judged->by.id),
        .at_us = judged->at,
    };
    lbx_map_set(&consent->judged, lbx_arena_strdup(&consent->arena, event->causationid), kept);
}

void consent_learn(struct consent *consent, const struct lbx_record *record) {
    struct lbx_event event;
    if (record->topic != LBX_TOPIC_EVENTS)
        return;
    if (!read_event(consent, record, &event)) {
        if (says_it_counts(consent, record))
            FIND(consent, record, "an event of Lockbox that this version cannot read");
        return;
    }
    if (lbx_event_type_info(event.type)->family == LBX_FAMILY_REQUEST)
        learn_request(consent, record, &((const struct lbx_request_changed *)event.data)->request);
    else if (event.type == LBX_EVENT_TENANT_CHANGED)
        learn_key(consent, event.data);
    else if (event.type == LBX_EVENT_DECISION_JUDGED)
        learn_verdict(consent, &event, event.data);
}

/* ---- later versions ---- */

/* Checks that a request's event asks for what its first version asked for: only starts_at becomes another, when access begins. */
static void check_request(struct consent *consent, const struct lbx_record *record,
                          const struct lbx_request *request) {
    const struct lbx_request *first = lbx_map_get(&consent->requests, request->request_id);
    struct lbx_request asked = *request;
    if (!first || !request->digest)
        return;
    asked.starts_at = first->starts_at;
    if (request->version == 1 && strcmp(request->digest, first->digest) != 0)
        FIND(consent, record, "request %s: two differ, and both are the first",
             request->request_id);
    else if (strcmp(request->digest, first->digest) != 0 || !gives_digest(&asked))
        FIND(consent, record, "request %s: version %lld asks for something else",
             request->request_id, (long long)request->version);
}

/* ---- decisions ---- */

/* The person's key at that time; NULL: none. Of two with the same time, the later one in the log. */
static const struct held_key *key_at(struct consent *consent, const char *tenant_id,
                                     const char *principal_id, int64_t at_us) {
    const struct held_key *newest = NULL;
    const char *of = LBX_MAP_KEY(&consent->scratch, tenant_id, principal_id);
    for (const struct held_key *it = lbx_map_get(&consent->keys, of); it; it = it->before)
        if (it->from_us <= at_us && (!newest || it->from_us > newest->from_us))
            newest = it;
    return newest && !newest->removed ? newest : NULL;
}

/* What is wrong with the signature on this decision. NULL: it is valid. */
static const char *signature_wrong(struct consent *consent, const struct lbx_request *request,
                                   const struct lbx_decision_submitted *decision,
                                   const struct lbx_key *key) {
    struct lbx_signed_decision payload = {0};
    struct lbx_signed said;
    if (key->size == 0)
        return "no signature can be checked with the signer's key";
    if (!lbx_signed_read(&decision->signature, key, &lbx_signed_decision_table, &consent->scratch,
                         &payload, &said))
        return "the signature does not hold";
    return lbx_signed_decision_matches(&payload, decision, request)
               ? NULL
               : "the signature is over something else";
}

/* Whether the key made another person's signature on this request. */
static bool is_anothers(struct consent *consent, const struct lbx_request *request,
                        const struct lbx_key *key, const char *by) {
    struct lbx_buf hex LBX_BUF = {0};
    for (size_t i = 0; i < key->size; i++)
        lbx_buf_printf(&hex, "%02x", key->bytes[i]);
    const char *of = LBX_MAP_KEY(&consent->arena, request->request_id, hex.data);
    const char *signer = lbx_map_get(&consent->signers, of);
    if (!signer)
        lbx_map_set(&consent->signers, of, lbx_arena_strdup(&consent->arena, by));
    return signer && strcmp(signer, by) != 0;
}

/* What is wrong with a decision. NULL: nothing, and it is counted. */
static const char *decision_wrong(struct consent *consent, const struct lbx_request *request,
                                  const struct lbx_decision_submitted *decision, int64_t at_us) {
    if (!lbx_signature_is_there(&decision->signature))
        return request->signed_decisions ? "it is not signed" : NULL;
    const struct held_key *held = key_at(consent, request->tenant_id, decision->by.id, at_us);
    const char *wrong = held ? signature_wrong(consent, request, decision, &held->key) : NULL;
    if (held && !wrong && is_anothers(consent, request, &held->key, decision->by.id))
        wrong = "its key is another signer's";
    consent->keyless += !held;
    consent->hold += held && !wrong;
    return wrong;
}

static void check_decision(struct consent *consent, const struct lbx_record *record, const char *id,
                           const struct lbx_decision_submitted *decision) {
    struct judged_decision *judged = lbx_map_get(&consent->judged, id);
    if (!judged || judged->right || strcmp(judged->by, decision->by.id) != 0 ||
        strcmp(judged->request_id, decision->request_id) != 0)
        return;
    const struct lbx_request *request = lbx_map_get(&consent->requests, decision->request_id);
    const char *wrong = request ? decision_wrong(consent, request, decision, judged->at_us) : NULL;
    judged->right = !wrong;
    if (judged->wrong || !wrong)
        return;
    judged->wrong = wrong;
    judged->topic = lbx_arena_strdup(&consent->arena, record->topic_name);
    judged->partition = record->partition;
    judged->offset = record->offset;
}

void consent_check(struct consent *consent, const struct lbx_record *record) {
    struct lbx_event event;
    const bool is_decision = record->topic == LBX_TOPIC_DECISIONS;
    if ((!is_decision && record->topic != LBX_TOPIC_EVENTS) || !read_event(consent, record, &event))
        return;
    if (is_decision)
        check_decision(consent, record, event.id, event.data);
    else if (lbx_event_type_info(event.type)->family == LBX_FAMILY_REQUEST)
        check_request(consent, record, &((const struct lbx_request_changed *)event.data)->request);
}

void consent_end(struct consent *consent) {
    LBX_MAP_EACH(&consent->judged, entry) {
        const struct judged_decision *judged = entry->value;
        if (judged->wrong && !judged->right)
            findings_add(consent->findings, judged->topic, judged->partition, judged->offset,
                         "decision %s: %s", entry->key, judged->wrong);
    }
}

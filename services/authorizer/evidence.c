/* Recomputes a request's digest from its evidence, verifies each signature with the pinned keys, and
 * compares the question with the signed items, engineer, cluster and time. Promises that no answer of
 * the database extends what was signed. Fails closed: missing or unreadable evidence is a refusal. */
#include "evidence.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/time.h"
#include "core/item.h"
#include "store/request_text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* How far a signer's clock may be ahead. */
#define AHEAD_US (60 * LBX_SECOND_US)
enum { KEPT_MAX = 512, DECISIONS_MAX = 1000, SIGNATURES_MAX = 64, ITEM_NUMBER_MAX = 63 };

struct counted_decision {
    const char *signature;
};
struct decisions {
    struct counted_decision *list;
    size_t count;
};

static const struct lbx_field decision_rows[] = {
    LBX_ROW_TEXT(counted_decision, signature, .max = 65536),
};
static const struct lbx_table decision_table =
    LBX_TABLE("decision", counted_decision, decision_rows);
static const struct lbx_field decisions_rows[] = {
    LBX_ROW_AS("decisions", decisions, list, LBX_T_LIST, struct counted_decision *,
               .item = LBX_T_OBJECT, .required = true, .of = &decision_table, .min_items = 0,
               .max_items = DECISIONS_MAX, .count_offset = LBX_PLACE(decisions, count, size_t)),
};
static const struct lbx_table decisions_table = LBX_TABLE("evidence", decisions, decisions_rows);

/* The result of a request's evidence. */
struct consented {
    struct lbx_request request;
    size_t decisions;
    uint64_t signers;  /* approvers who signed, a bit each by index in trust */
    uint64_t kept;     /* items that every signer kept, a bit each by number */
    bool is_withdrawn; /* a signer denied or revoked it */
    int64_t starts_at, duration;
};

/* ---- reading ---- */

static bool read_text(const struct lbx_table *table, const char *text, struct lbx_arena *arena,
                      void *ret_struct) {
    struct lbx_reason reason;
    return lbx_json_read_stored(table, text, strlen(text), arena, ret_struct, &reason) == LBX_OK;
}

/* Makes the request as its approvers saw it. */
static bool read_request(const char *request_id, const struct evidence *evidence,
                         struct lbx_arena *arena, struct lbx_request *ret_request) {
    if (!read_text(&lbx_request_consent_table, evidence->consent, arena, ret_request))
        return false;
    char *digest = lbx_arena_alloc(arena, LBX_SHA256_HEX_SIZE);
    ret_request->request_id = lbx_arena_strdup(arena, request_id);
    ret_request->starts_at = evidence->starts_asked;
    ret_request->decide_by = evidence->decide_by;
    lbx_request_text_digest(ret_request, digest);
    ret_request->digest = digest; /* the database's digest is not used */
    return ret_request->digest_version == LBX_DIGEST_VERSION && ret_request->duration > 0 &&
           lbx_items_hold(ret_request->actions, ret_request->action_count);
}

/* ---- signatures ---- */

static uint64_t bit(int64_t number) {
    return number >= 0 && number <= ITEM_NUMBER_MAX ? UINT64_C(1) << number : 0;
}

static uint64_t kept_by(const struct lbx_signed_decision *payload) {
    uint64_t kept = payload->actions ? 0 : UINT64_MAX;
    for (size_t i = 0; i < payload->action_count; i++)
        kept |= bit(payload->actions[i]);
    return kept;
}

static bool in_time(int64_t iat, const struct lbx_request *request, int64_t now_us) {
    return iat <= request->decide_by / LBX_SECOND_US && iat <= (now_us + AHEAD_US) / LBX_SECOND_US;
}

/* The index of the pinned approver who signed a decision on this request; -1: none. */
static int signer_of(const struct lbx_trust *trust, const struct lbx_request *request,
                     const char *text, struct lbx_arena *arena,
                     struct lbx_signed_decision *ret_payload) {
    struct lbx_signature_in signature;
    int signer = lbx_signature_parse(text, arena, &signature)
                     ? lbx_trust_signer(trust, &signature, arena, ret_payload)
                     : -1;
    return signer >= 0 && strcmp(ret_payload->request_id, request->request_id) == 0 &&
                   strcmp(ret_payload->digest, request->digest) == 0
               ? signer
               : -1;
}

static void count(struct consented *it, const struct lbx_trust *trust, const char *signature,
                  int64_t now_us, struct lbx_arena *arena) {
    struct lbx_signed_decision payload = {0};
    int signer = signer_of(trust, &it->request, signature, arena, &payload);
    if (signer < 0)
        return;
    if (payload.decision != LBX_DECISION_APPROVE) {
        it->is_withdrawn |= payload.decision != LBX_DECISION_ACKNOWLEDGE;
        return;
    }
    if (!in_time(payload.iat, &it->request, now_us))
        return;
    it->signers |= bit(signer);
    it->kept &= kept_by(&payload);
    if (payload.iat * LBX_SECOND_US > it->starts_at)
        it->starts_at = payload.iat * LBX_SECOND_US;
    if (payload.duration && payload.duration < it->duration)
        it->duration = payload.duration;
}

static bool judge(const struct lbx_trust *trust, const char *request_id,
                  const struct evidence *evidence, int64_t now_us, struct lbx_arena *arena,
                  struct consented *ret_consented) {
    struct decisions decisions = {0};
    struct consented it = {.kept = UINT64_MAX};
    if (!read_request(request_id, evidence, arena, &it.request) ||
        !read_text(&decisions_table, evidence->decisions, arena, &decisions))
        return false;
    it.decisions = decisions.count;
    it.starts_at = it.request.starts_at;
    it.duration = it.request.duration;
    size_t looked_at = 0;
    for (size_t i = 0; i < decisions.count && looked_at < SIGNATURES_MAX; i++)
        if (decisions.list[i].signature && ++looked_at)
            count(&it, trust, decisions.list[i].signature, now_us, arena);
    *ret_consented = it;
    return true;
}

/* ---- the question ---- */

static bool covers(const struct consented *it, const struct lbx_attempt *attempt) {
    for (size_t i = 0; i < it->request.action_count; i++)
        if ((it->kept & bit(it->request.actions[i].number)) &&
            lbx_item_covers(&it->request.actions[i], attempt))
            return true;
    return false;
}

/* Whether enough approvers signed: as many as the request needs, by what the signers read, and as `trust` needs. */
static bool has_signers(const struct consented *it, const struct lbx_trust *trust) {
    int64_t needed = it->request.approvals_needed > trust->approvals_needed
                         ? it->request.approvals_needed
                         : trust->approvals_needed;
    return __builtin_popcountll(it->signers) >= needed;
}

/* Whether access without signatures is allowed, as the customer's trust says. */
static bool is_excepted(const struct consented *it, const struct lbx_trust *trust,
                        const char *basis) {
    return strcmp(basis, "emergency") == 0 ? trust->emergency
           : strcmp(basis, "not_required") == 0
               ? trust->not_required
               : trust->auto_approve && it->signers == 0 && strcmp(basis, "approved") == 0 &&
                     it->decisions == 0;
}

static const char *refuses(const struct consented *it, const struct evidence_question *question,
                           const struct grant *grant, int64_t *ret_ends_at) {
    const struct lbx_trust *trust = question->trust;
    bool is_signed = has_signers(it, trust);
    if (it->is_withdrawn)
        return "an approver signed that it is over";
    if (!is_signed && !is_excepted(it, trust, grant->reason))
        return "too few of the cluster's own approvers signed it";
    if (!lbx_same_text(it->request.resource_id, question->resource_id))
        return "another cluster's was signed";
    if (strcmp(it->request.engineer.id, question->engineer_id) != 0)
        return "another engineer's was signed";
    if (!covers(it, &question->attempt))
        return "what was signed does not cover it";
    *ret_ends_at = grant->expires_at;
    if (!is_signed)
        return NULL;
    int64_t ends_at = lbx_time_after(it->starts_at, it->duration);
    if (question->now_us < it->starts_at || question->now_us >= ends_at)
        return "not within the time that was signed";
    if (ends_at < grant->expires_at)
        *ret_ends_at = ends_at;
    return NULL;
}

/* ---- the cache ---- */

struct kept {
    const char *request_id; /* NULL: empty */
    int64_t version;
    struct consented it;
    struct lbx_arena arena;
};

struct evidence_cache {
    pthread_mutex_t lock;
    struct kept list[KEPT_MAX];
    size_t next; /* index of the oldest entry */
};

struct evidence_cache *evidence_cache_new(void) {
    struct evidence_cache *cache = lbx_calloc(
        sizeof *cache); /* what is not written takes no memory: arenas of zero are empty */
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void evidence_cache_free(struct evidence_cache *cache) {
    if (!cache)
        return;
    for (size_t i = 0; i < KEPT_MAX; i++)
        lbx_arena_done(&cache->list[i].arena);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static struct kept *find(struct evidence_cache *cache, const struct grant *grant) {
    for (size_t i = 0; i < KEPT_MAX; i++) {
        struct kept *kept = &cache->list[i];
        if (kept->request_id && kept->version == grant->version &&
            strcmp(kept->request_id, grant->request_id) == 0)
            return kept;
    }
    return NULL;
}

/* Stores an entry in place of the oldest. */
static void keep(struct evidence_cache *cache, const struct kept *fresh) {
    pthread_mutex_lock(&cache->lock);
    struct kept *oldest = &cache->list[cache->next];
    lbx_arena_done(&oldest->arena);
    *oldest = *fresh;
    cache->next = (cache->next + 1) % KEPT_MAX;
    pthread_mutex_unlock(&cache->lock);
}

/* Reads evidence, and stores the result if enough approvers signed: a signature with a future time may count later. */
static const char *ask_fresh(struct evidence_cache *cache, const struct evidence_question *question,
                             const struct grant *grant, const struct evidence *evidence,
                             int64_t *ret_ends_at) {
    struct kept fresh = {.version = grant->version};
    lbx_arena_init(&fresh.arena);
    const char *why = "what was signed cannot be read";
    if (judge(question->trust, grant->request_id, evidence, question->now_us, &fresh.arena,
              &fresh.it)) {
        why = refuses(&fresh.it, question, grant, ret_ends_at);
        fresh.request_id = fresh.it.request.request_id;
    }
    if (fresh.request_id && has_signers(&fresh.it, question->trust))
        keep(cache, &fresh);
    else
        lbx_arena_done(&fresh.arena);
    return why;
}

static bool is_revoked(const struct lbx_trust *trust, const char *request_id) {
    for (size_t i = 0; i < trust->revoked_count; i++)
        if (lbx_same_text(trust->revoked[i], request_id))
            return true;
    return false;
}

static const char *ask_kept(struct evidence_cache *cache, const struct evidence_question *question,
                            const struct grant *grant, bool *ret_found, int64_t *ret_ends_at) {
    pthread_mutex_lock(&cache->lock);
    const struct kept *kept = find(cache, grant);
    const char *why = kept ? refuses(&kept->it, question, grant, ret_ends_at) : NULL;
    pthread_mutex_unlock(&cache->lock);
    *ret_found = kept != NULL;
    return why;
}

const char *evidence_refuses(struct evidence_cache *cache, struct database *database,
                             const struct evidence_question *question, const struct grant *grant,
                             struct lbx_arena *arena, int64_t *ret_ends_at) {
    struct evidence evidence = {0};
    bool found;
    if (is_revoked(question->trust, grant->request_id))
        return "the cluster's own file revokes it";
    const char *why = ask_kept(cache, question, grant, &found, ret_ends_at);
    if (found)
        return why;
    if (database_evidence(database, grant->request_id, arena, &evidence) != LBX_OK)
        return "what was signed cannot be shown now";
    return ask_fresh(cache, question, grant, &evidence, ret_ends_at);
}

bool evidence_disowns(struct database *database, const char *request_id, const char *engineer_id,
                      const char *resource_id, struct lbx_arena *arena,
                      struct lbx_request *ret_request, struct lbx_trace *ret_trace) {
    struct evidence evidence = {0};
    enum lbx_err err = database_evidence(database, request_id, arena, &evidence);
    if (err != LBX_OK)
        return err == LBX_ERR_NOT_FOUND;
    *ret_trace = evidence.trace;
    return !read_text(&lbx_request_consent_table, evidence.consent, arena, ret_request) ||
           strcmp(ret_request->engineer.id, engineer_id) != 0 ||
           !lbx_same_text(ret_request->resource_id, resource_id);
}

enum lbx_err evidence_open_items(struct database *database, const char *request_id,
                                 struct lbx_arena *arena, struct lbx_request *ret_request,
                                 uint64_t *ret_open) {
    struct evidence evidence = {0};
    struct lbx_request request = {0};
    enum lbx_err err = database_evidence(database, request_id, arena, &evidence);
    if (err != LBX_OK)
        return err;
    if (!read_text(&lbx_request_consent_table, evidence.consent, arena, &request))
        return LBX_ERR_CONFLICT;
    *ret_request = request;
    *ret_open = (uint64_t)evidence.open;
    return LBX_OK;
}

enum lbx_err evidence_covers(struct database *database, const char *request_id,
                             const struct lbx_attempt *attempt, struct lbx_arena *arena) {
    struct consented it = {0};
    enum lbx_err err = evidence_open_items(database, request_id, arena, &it.request, &it.kept);
    if (err != LBX_OK)
        return err;
    return covers(&it, attempt) ? LBX_OK : LBX_ERR_CONFLICT;
}

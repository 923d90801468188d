/* What a customer's keys signed of a request, as the evidence of the database shows it: the database is believed nothing
 * that these signatures do not cover. */
#ifndef AUTHORIZER_EVIDENCE_H
#define AUTHORIZER_EVIDENCE_H

#include "base/buf.h"
#include "clusters/trust.h"
#include "core/cover.h"
#include "database.h"

/* What is kept of the requests that were looked at, by request and version. From any thread. */
struct evidence_cache;
struct evidence_cache *evidence_cache_new(void);
void evidence_cache_free(struct evidence_cache *cache);

/* What is to be held against the evidence. */
struct evidence_question {
    const struct lbx_trust *trust;
    const char *engineer_id, *resource_id; /* resource_id: the cluster's */
    struct lbx_attempt attempt;
    int64_t now_us; /* this machine's clock: the database's is the database's word */
};

/* Whether a grant that the database tells of opens what is asked. Returns NULL, and until when, or why it does not,
 * static. */
const char *evidence_refuses(struct evidence_cache *cache, struct database *database,
                             const struct evidence_question *question, const struct grant *grant,
                             struct lbx_arena *arena, int64_t *ret_ends_at);

/* Whether a request, as a report names it, is not one of this engineer for this cluster. False also where nobody can
 * tell: *ret_request, which is zero before, and *ret_trace are then none. */
bool evidence_disowns(struct database *database, const char *request_id, const char *engineer_id,
                      const char *resource_id, struct lbx_arena *arena,
                      struct lbx_request *ret_request, struct lbx_trace *ret_trace);

/* The request that an open grant is of, and its items that are open now: their bits by number. LBX_ERR_CONFLICT: it cannot
 * be read. Else errors as database_evidence's. */
enum lbx_err evidence_open_items(struct database *database, const char *request_id,
                                 struct lbx_arena *arena, struct lbx_request *ret_request,
                                 uint64_t *ret_open) LBX_MUST_CHECK;

/* Whether an open item of the request covers the attempt, its uid too. LBX_ERR_CONFLICT: none does. Else errors as
 * database_evidence's. */
enum lbx_err evidence_covers(struct database *database, const char *request_id,
                             const struct lbx_attempt *attempt, struct lbx_arena *arena)
    LBX_MUST_CHECK;

#endif

/* What a customer's keys signed in a request, by the evidence in the database. The database
 * itself is not trusted beyond these signatures. */
#ifndef AUTHORIZER_EVIDENCE_H
#define AUTHORIZER_EVIDENCE_H

#include "base/buf.h"
#include "clusters/trust.h"
#include "core/cover.h"
#include "database.h"

/* Results of earlier requests, by request and version. From any thread. */
struct evidence_cache;
struct evidence_cache *evidence_cache_new(void);
void evidence_cache_free(struct evidence_cache *cache);

/* The question to compare with the evidence. */
struct evidence_question {
    const struct lbx_trust *trust;
    const char *engineer_id, *resource_id; /* resource_id: the cluster's */
    struct lbx_attempt attempt;
    int64_t now_us; /* this machine's clock, as the database's is not trusted */
};

/* Whether a grant of the database covers the question by its signatures. NULL: it does, and
 * until when. Otherwise why not, static. */
const char *evidence_refuses(struct evidence_cache *cache, struct database *database,
                             const struct evidence_question *question, const struct grant *grant,
                             struct lbx_arena *arena, int64_t *ret_ends_at);

/* Whether a request, named in a report, belongs to another engineer or cluster. False also if that is
 * unknown: *ret_request, which is zeroed, and *ret_trace are then empty. */
bool evidence_disowns(struct database *database, const char *request_id, const char *engineer_id,
                      const char *resource_id, struct lbx_arena *arena,
                      struct lbx_request *ret_request, struct lbx_trace *ret_trace);

/* The request of an open grant, and its open items, a bit each by number. LBX_ERR_CONFLICT:
 * unreadable. Other errors as database_evidence. */
enum lbx_err evidence_open_items(struct database *database, const char *request_id,
                                 struct lbx_arena *arena, struct lbx_request *ret_request,
                                 uint64_t *ret_open) LBX_MUST_CHECK;

/* Whether an open item of the request covers the attempt, with its uid. LBX_ERR_CONFLICT: none
 * does. Other errors as database_evidence. */
enum lbx_err evidence_covers(struct database *database, const char *request_id,
                             const struct lbx_attempt *attempt, struct lbx_arena *arena)
    LBX_MUST_CHECK;

#endif

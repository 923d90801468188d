/* What a cluster's API server says to its customer's identity: objects as they are, and as a change would make them. */
#ifndef AUTHORIZER_DRY_RUNS_H
#define AUTHORIZER_DRY_RUNS_H

#include "base/buf.h"
#include "kinds.h"

struct dry_run_target {
    const struct lbx_cluster *cluster;
    struct kind kind;
    const char *namespace; /* NULL: cluster-scoped */
    const char *name;
};

enum dry_run_change {
    DRY_RUN_CREATE,    /* body: the object */
    DRY_RUN_APPLY,     /* as kubectl apply --server-side --force-conflicts does; body: the object */
    DRY_RUN_JSON,      /* RFC 6902 */
    DRY_RUN_MERGE,     /* RFC 7396 */
    DRY_RUN_STRATEGIC, /* Kubernetes' own */
};

/* What the API server answered. */
enum dry_run_state {
    DRY_RUN_DONE,
    DRY_RUN_NOT_FOUND,
    DRY_RUN_EXISTS,      /* of a creation */
    DRY_RUN_FORBIDDEN,   /* the customer's identity may not */
    DRY_RUN_REJECTED,    /* the change is at fault */
    DRY_RUN_UNAVAILABLE, /* no answer, or none that can be read */
};

/* json: the object, where it is DRY_RUN_DONE. message: the API server's words, else, in the arena. The caller ends it by
 * lbx_buf_done(&json). */
struct dry_run {
    enum dry_run_state state;
    struct lbx_buf json;
    const char *message;
};

/* The object as it is. */
void dry_run_get(const struct dry_run_target *target, struct lbx_arena *arena,
                 struct dry_run *ret_run);

/* The object as the change would make it, after defaulting and mutation. The API server is always asked with
 * dryRun=All: nothing is changed. body: JSON. */
void dry_run_change(const struct dry_run_target *target, enum dry_run_change change,
                    const char *body, struct lbx_arena *arena, struct dry_run *ret_run);

#endif

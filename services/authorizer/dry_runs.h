/* Reads objects from a cluster's API server with its customer's identity, as they are, and as a change would make them. */
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
    DRY_RUN_APPLY,     /* as kubectl apply --server-side --force-conflicts; body: the object */
    DRY_RUN_JSON,      /* RFC 6902 */
    DRY_RUN_MERGE,     /* RFC 7396 */
    DRY_RUN_STRATEGIC, /* Kubernetes's strategic merge patch */
};

/* The outcome of a request. */
enum dry_run_state {
    DRY_RUN_DONE,
    DRY_RUN_NOT_FOUND,
    DRY_RUN_EXISTS,      /* a creation's object exists */
    DRY_RUN_FORBIDDEN,   /* the customer's identity lacks permission */
    DRY_RUN_REJECTED,    /* the API server refuses the change */
    DRY_RUN_UNAVAILABLE, /* no answer, or an unreadable one */
};

/* json: the object, if DRY_RUN_DONE. message: the API server's words otherwise, in the arena.
 * The caller releases &json by lbx_buf_done. */
struct dry_run {
    enum dry_run_state state;
    struct lbx_buf json;
    const char *message;
};

/* Gets the object as it is. */
void dry_run_get(const struct dry_run_target *target, struct lbx_arena *arena,
                 struct dry_run *ret_run);

/* Gets the object as the change would make it, after defaulting and mutation. The request always
 * has dryRun=All, so that nothing changes. body: JSON. */
void dry_run_change(const struct dry_run_target *target, enum dry_run_change change,
                    const char *body, struct lbx_arena *arena, struct dry_run *ret_run);

#endif

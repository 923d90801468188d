/* The body of POST /clusters/{id}/preview. */
#ifndef AUTHORIZER_PREVIEW_ASKED_H
#define AUTHORIZER_PREVIEW_ASKED_H

#include "base/buf.h"
#include "json/read.h"

struct preview_patch {
    int type; /* enum dry_run_change; 0: no patch */
    const char *body;
};

/* Either object or patch is set. kind, namespace and name are the object's, kind with its group ("Deployment.apps"). */
struct preview_asked {
    const char *engineer_id;
    const char *object;
    const char *kind, *namespace, *name;
    const char *version; /* of the object's API; NULL: the cluster's preferred one */
    struct preview_patch patch;
};

/* Parses a body; the result lives in the arena. False: *ret_reason says why. */
bool preview_asked_read(const struct lbx_buf *body, struct lbx_arena *arena,
                        struct preview_asked *ret_asked, struct lbx_reason *ret_reason)
    LBX_MUST_CHECK;

#endif

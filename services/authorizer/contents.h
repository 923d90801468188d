/* What a change makes of an object, held against what was agreed to. */
#ifndef AUTHORIZER_CONTENTS_H
#define AUTHORIZER_CONTENTS_H

#include "content/content.h"
#include "core/cover.h"
#include "database.h"

/* Which content of the change an open item of the request agrees to. LBX_OK: *ret_content, whose digest is NULL where an
 * item agrees to any; all of it in the arena. LBX_ERR_CONFLICT: none does; *ret_why, in the arena, says what differs. Else errors
 * as database_evidence's. objects: `consented` is not looked at. attempt: without content. */
enum lbx_err contents_agreed(struct database *database, const char *request_id,
                             const struct lbx_attempt *attempt,
                             const struct lbx_content_objects *objects, struct lbx_arena *arena,
                             struct lbx_item_content *ret_content, const char **ret_why)
    LBX_MUST_CHECK;

/* The first path in which two lists of changes differ; of two creations, the first in which their objects do. In the arena;
 * "": nobody can tell. NULL: they are the same. */
const char *contents_difference(const char *agreed, const char *made, struct lbx_arena *arena);

#endif

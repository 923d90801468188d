/* Compares the content of a change with the approved contents. */
#ifndef AUTHORIZER_CONTENTS_H
#define AUTHORIZER_CONTENTS_H

#include "content/content.h"
#include "core/cover.h"
#include "database.h"

/* The approved content of an open item that equals the change's. LBX_OK: *ret_content, in the arena; its digest is
 * NULL where an item approves any content. LBX_ERR_CONFLICT: no item's is equal; *ret_why, in the arena, has the
 * difference. Other errors as database_evidence. `consented` in objects is not used. attempt: without content. */
enum lbx_err contents_agreed(struct database *database, const char *request_id,
                             const struct lbx_attempt *attempt,
                             const struct lbx_content_objects *objects, struct lbx_arena *arena,
                             struct lbx_item_content *ret_content, const char **ret_why)
    LBX_MUST_CHECK;

/* The path of the first difference between two lists of changes; of two creations, between their
 * objects. In the arena; "": unknown. NULL: they are equal. */
const char *contents_difference(const char *agreed, const char *made, struct lbx_arena *arena);

#endif

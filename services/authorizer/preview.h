/* The content of an item, before approval: what a change would make of an object. */
#ifndef AUTHORIZER_PREVIEW_H
#define AUTHORIZER_PREVIEW_H

#include "base/buf.h"
#include "core/forbidden.h"
#include "decide.h"

/* Sets what the operator forbids, from the settings; read by all threads, and borrowed. */
void preview_forbid(const struct lbx_forbidden_list *forbidden);

/* Takes {engineer_id, and object, or kind, namespace?, name and patch {type, body}}. Answers with an item and its content, or
 * with {code, message}, where *ret_code is the code, static. LBX_ERR_INVALID: the body is malformed; it is answered as well. */
enum lbx_err preview_answer(const struct review *review, const struct lbx_buf *body,
                            struct lbx_buf *answer, const char **ret_code,
                            struct lbx_reason *ret_reason) LBX_MUST_CHECK;

#endif

/* Content for an item, before anybody is asked: what a change would make of an object. */
#ifndef AUTHORIZER_PREVIEW_H
#define AUTHORIZER_PREVIEW_H

#include "base/buf.h"
#include "core/forbidden.h"
#include "decide.h"

/* What the operator forbids, from the settings; read by every thread, and borrowed while there are any. */
void preview_forbid(const struct lbx_forbidden_list *forbidden);

/* Takes {engineer_id, and object, or kind, namespace?, name and patch {type, body}}. Answers an item with its content, or
 * {code, message}; *ret_code is that code, static. LBX_ERR_INVALID: the body is no such request; answered, too. */
enum lbx_err preview_answer(const struct review *review, const struct lbx_buf *body,
                            struct lbx_buf *answer, const char **ret_code,
                            struct lbx_reason *ret_reason) LBX_MUST_CHECK;

#endif

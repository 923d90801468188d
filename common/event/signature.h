/* Signatures of both forms as one text, as they are kept. */
#ifndef LBX_EVENT_SIGNATURE_H
#define LBX_EVENT_SIGNATURE_H

#include "base/arena.h"
#include "event/payload.h"

/* Whether there is one, in either form. */
bool lbx_signature_is_there(const struct lbx_signature_in *signature);

/* A JWS as it is, an assertion as its JSON object, which goes into the empty buffer; NULL: there is none. */
const char *lbx_signature_text(const struct lbx_signature_in *signature, struct lbx_buf *json);

/* The way back. False: no text of either form. */
bool lbx_signature_parse(const char *text, struct lbx_arena *arena,
                         struct lbx_signature_in *ret_signature);

#endif

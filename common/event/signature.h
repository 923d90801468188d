/* Signatures of both forms as one text, as they are stored. */
#ifndef LBX_EVENT_SIGNATURE_H
#define LBX_EVENT_SIGNATURE_H

#include "base/arena.h"
#include "event/payload.h"

/* Whether there is a signature, of either form. */
bool lbx_signature_is_there(const struct lbx_signature_in *signature);

/* The text: a JWS as it is, or an assertion's JSON object, written to the empty buffer; NULL: no signature. */
const char *lbx_signature_text(const struct lbx_signature_in *signature, struct lbx_buf *json);

/* Parses such a text. False: of neither form. */
bool lbx_signature_parse(const char *text, struct lbx_arena *arena,
                         struct lbx_signature_in *ret_signature);

#endif

/* Writes and reads the text form of a signature, as it is stored. Verifies nothing; fails on text of another form. */
#include "event/signature.h"

#include "json/read.h"
#include "json/write.h"

#include <string.h>

bool lbx_signature_is_there(const struct lbx_signature_in *signature) {
    return signature->jws || signature->assertion.payload;
}

const char *lbx_signature_text(const struct lbx_signature_in *signature, struct lbx_buf *json) {
    if (!signature->assertion.payload)
        return signature->jws;
    lbx_json_write(&lbx_assertion_table, &signature->assertion, json);
    return json->data;
}

bool lbx_signature_parse(const char *text, struct lbx_arena *arena,
                         struct lbx_signature_in *ret_signature) {
    struct lbx_signature_in signature = {.jws = *text == '{' ? NULL : text};
    struct lbx_reason reason;
    if (!signature.jws && lbx_json_read(&lbx_assertion_table, text, strlen(text), "", arena,
                                        &signature.assertion, &reason) != LBX_OK)
        return false;
    *ret_signature = signature;
    return true;
}

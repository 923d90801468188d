/* Appends persons and remarks, without control characters. Cannot fail. */
#include "sentences.h"

#include "mail/words.h"

static bool given(const char *text) {
    return text && *text;
}

void ctl_put_person(const struct lbx_principal *person, struct lbx_buf *out) {
    const char *name = given(person->name) ? person->name : person->email;
    lbx_text_harmless(given(name) ? name : person->id, out);
    if (given(person->name) && given(person->email)) {
        lbx_buf_str(out, " (");
        lbx_text_harmless(person->email, out);
        lbx_buf_char(out, ')');
    }
}

void ctl_put_other_access(const struct lbx_access_performed *access, struct lbx_buf *out) {
    if (given(access->verb)) {
        lbx_text_harmless(access->verb, out);
        lbx_buf_char(out, ' ');
    }
    lbx_text_harmless(access->resource ? access->resource : "?", out);
}

void ctl_put_remark(const char *text, struct lbx_buf *out) {
    if (!given(text))
        return;
    lbx_buf_str(out, ": ");
    lbx_text_harmless(text, out);
}

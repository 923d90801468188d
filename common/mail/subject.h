/* How values.c and its parts read a mail's subject, and which file has which values. */
#ifndef LBX_MAIL_SUBJECT_H
#define LBX_MAIL_SUBJECT_H

#include "mail/mail.h"
#include "mail/values.h"

static inline const struct lbx_mail_input *input_of(const void *subject) {
    return subject;
}

/* NULL for a mail about a tenant, whose request values are empty. */
static inline const struct lbx_request *request_of(const void *subject) {
    static const struct lbx_request none = {.request_id = ""};
    return input_of(subject)->request ? input_of(subject)->request : &none;
}

static inline bool given(const char *text) {
    return text && *text;
}

static inline void put(const char *text, struct lbx_buf *out) {
    if (given(text))
        lbx_buf_str(out, text);
}

static inline void put_number(int64_t number, struct lbx_buf *out) {
    lbx_buf_printf(out, "%lld", (long long)number);
}

extern const char *const lbx_mail_state_words[LBX_STATE_END];

/* ---- values_tenant.c ---- */

void lbx_mail_write_tenant_id(const void *subject, size_t item, struct lbx_buf *out);
void lbx_mail_write_change(const void *subject, size_t item, struct lbx_buf *out);
void lbx_mail_write_changed_by(const void *subject, size_t item, struct lbx_buf *out);
void lbx_mail_write_changed_at(const void *subject, size_t item, struct lbx_buf *out);
void lbx_mail_write_person(const void *subject, size_t item, struct lbx_buf *out);
void lbx_mail_write_cause(const void *subject, size_t item, struct lbx_buf *out);
void lbx_mail_write_needed(const void *subject, size_t item, struct lbx_buf *out);
void lbx_mail_write_left(const void *subject, size_t item, struct lbx_buf *out);
size_t lbx_mail_count_subscriptions(const void *subject);
void lbx_mail_write_subscription(const void *subject, size_t item, struct lbx_buf *out);

/* ---- values_digest.c ---- */

size_t lbx_mail_count_requests(const void *subject);
void lbx_mail_write_request(const void *subject, size_t item, struct lbx_buf *out);
void lbx_mail_write_request_link(const void *subject, size_t item, struct lbx_buf *out);

#endif

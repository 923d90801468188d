/* One HTTP request and its answer (libcurl). Blocks. */
#ifndef LBX_IO_FETCH_H
#define LBX_IO_FETCH_H

#include "base/buf.h"
#include "base/err.h"

struct lbx_answer {
    long status;
    struct lbx_buf body;
};

/* POSTs to an http or https URL, follows no redirect, and takes at most `most` bytes. LBX_ERR_INVALID: no such
 * URL. LBX_ERR_LIMIT: the answer is longer. LBX_ERR_UNAVAILABLE: no answer within timeout_s; *ret_why, static,
 * says what was missing. */
enum lbx_err lbx_fetch_post(const char *url, const char *content_type, const struct lbx_buf *body,
                            size_t most, long timeout_s, struct lbx_answer *ret_answer,
                            const char **ret_why) LBX_MUST_CHECK;

/* What a client shows and trusts: paths of PEM files. */
struct lbx_fetch_tls {
    const char *ca_file, *certificate_file, *key_file;
};

/* GETs from an https URL, as that client. accept: the media types that are taken. Else as lbx_fetch_post. */
enum lbx_err lbx_fetch_get(const char *url, const char *accept, const struct lbx_fetch_tls *tls,
                           size_t most, long timeout_s, struct lbx_answer *ret_answer,
                           const char **ret_why) LBX_MUST_CHECK;

#endif

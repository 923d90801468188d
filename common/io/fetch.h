/* One HTTP request and its response (libcurl, loaded by the first request). Blocks. */
#ifndef LBX_IO_FETCH_H
#define LBX_IO_FETCH_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

struct lbx_answer {
    long status;
    struct lbx_buf body;
};

/* The client's certificate and key, and its authorities: paths of PEM files. */
struct lbx_fetch_tls {
    const char *ca_file, *certificate_file, *key_file;
};

/* Whether a request to the URL is encrypted or stays on this machine: https, or http to a loopback host. Any text may come. */
bool lbx_fetch_is_private(const char *url);

/* Loads libcurl before the first request. LBX_ERR_UNAVAILABLE: libcurl is not installed;
 * *ret_why, static, says so. Every request then fails in the same way. */
enum lbx_err lbx_fetch_load(const char **ret_why) LBX_MUST_CHECK;

/* POSTs to an http or https URL. tls NULL: no client certificate. Follows no redirect, and reads at
 * most `most` bytes. LBX_ERR_INVALID: the URL is not one of these. LBX_ERR_LIMIT: the response is
 * longer. LBX_ERR_UNAVAILABLE: no response within timeout_s; *ret_why, static, says which step failed. */
enum lbx_err lbx_fetch_post(const char *url, const char *content_type,
                            const struct lbx_fetch_tls *tls, const struct lbx_buf *body,
                            size_t most, long timeout_s, struct lbx_answer *ret_answer,
                            const char **ret_why) LBX_MUST_CHECK;

/* PATCHes as lbx_fetch_post POSTs. */
enum lbx_err lbx_fetch_patch(const char *url, const char *content_type,
                             const struct lbx_fetch_tls *tls, const struct lbx_buf *body,
                             size_t most, long timeout_s, struct lbx_answer *ret_answer,
                             const char **ret_why) LBX_MUST_CHECK;

/* A POST to a webhook of a customer. */
struct lbx_fetch_hook {
    const char *url, *content_type;
    const char *const *headers; /* further headers, "name: value", ended by NULL */
    const char *ca_file;        /* PEM; NULL: the system's */
    bool private_too;           /* also posts to addresses that are not public */
    long timeout_s;
    bool (*stop)(void *context); /* called about once a second; true ends the request */
    void *context;
};

/* POSTs over https alone, without a proxy. Follows no redirect, and reads at most `most` bytes of the response. The
 * address is checked when the connection is made. LBX_ERR_REFUSED: it is not public. Other errors as lbx_fetch_post. */
enum lbx_err lbx_fetch_hook(const struct lbx_fetch_hook *hook, const struct lbx_buf *body,
                            size_t most, struct lbx_answer *ret_answer, const char **ret_why)
    LBX_MUST_CHECK;

/* GETs from an https URL. accept: the Accept header. Errors as lbx_fetch_post. */
enum lbx_err lbx_fetch_get(const char *url, const char *accept, const struct lbx_fetch_tls *tls,
                           size_t most, long timeout_s, struct lbx_answer *ret_answer,
                           const char **ret_why) LBX_MUST_CHECK;

#endif

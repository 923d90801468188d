/* One HTTP request and its answer (libcurl, loaded by the first one). Blocks. */
#ifndef LBX_IO_FETCH_H
#define LBX_IO_FETCH_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>

struct lbx_answer {
    long status;
    struct lbx_buf body;
};

/* What a client shows and trusts: paths of PEM files. */
struct lbx_fetch_tls {
    const char *ca_file, *certificate_file, *key_file;
};

/* Whether what goes to the URL is on no wire unencrypted: https, or http to this machine. Any text may come. */
bool lbx_fetch_is_private(const char *url);

/* Loads libcurl before there is a request. LBX_ERR_UNAVAILABLE: the machine has none, of which *ret_why, static, tells; each
 * request then fails so. */
enum lbx_err lbx_fetch_load(const char **ret_why) LBX_MUST_CHECK;

/* POSTs to an http or https URL, as that client where tls is not NULL; follows no redirect, and takes at most `most` bytes. LBX_ERR_INVALID: no such
 * URL. LBX_ERR_LIMIT: the answer is longer. LBX_ERR_UNAVAILABLE: no answer within timeout_s; *ret_why, static,
 * says what was missing. */
enum lbx_err lbx_fetch_post(const char *url, const char *content_type,
                            const struct lbx_fetch_tls *tls, const struct lbx_buf *body,
                            size_t most, long timeout_s, struct lbx_answer *ret_answer,
                            const char **ret_why) LBX_MUST_CHECK;

/* The same with PATCH. */
enum lbx_err lbx_fetch_patch(const char *url, const char *content_type,
                             const struct lbx_fetch_tls *tls, const struct lbx_buf *body,
                             size_t most, long timeout_s, struct lbx_answer *ret_answer,
                             const char **ret_why) LBX_MUST_CHECK;

/* A POST to somebody else's webhook. */
struct lbx_fetch_hook {
    const char *url, *content_type;
    const char *const *headers; /* more of them, "name: value"; ends with NULL */
    const char *ca_file;        /* PEM; NULL: the system's */
    bool private_too;           /* addresses that are not public are posted to, too */
    long timeout_s;
    bool (*stop)(void *context); /* asked about once a second: whether to give up */
    void *context;
};

/* POSTs over https alone, by no proxy; follows no redirect, and reads at most `most` bytes of the answer. What a name leads to is looked
 * at as it is connected to. LBX_ERR_REFUSED: an address that is not public. Else as lbx_fetch_post. */
enum lbx_err lbx_fetch_hook(const struct lbx_fetch_hook *hook, const struct lbx_buf *body,
                            size_t most, struct lbx_answer *ret_answer, const char **ret_why)
    LBX_MUST_CHECK;

/* GETs from an https URL, as that client. accept: the media types that are taken. Else as lbx_fetch_post. */
enum lbx_err lbx_fetch_get(const char *url, const char *accept, const struct lbx_fetch_tls *tls,
                           size_t most, long timeout_s, struct lbx_answer *ret_answer,
                           const char **ret_why) LBX_MUST_CHECK;

#endif

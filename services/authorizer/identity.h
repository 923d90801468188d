/* The authorizer's TLS certificate, key and client authorities, as files. */
#ifndef AUTHORIZER_IDENTITY_H
#define AUTHORIZER_IDENTITY_H

#include "base/buf.h"
#include "base/err.h"
#include "io/https.h"
#include "io/settings.h"

struct identity {
    struct lbx_buf certificate, key, client_ca;
};

/* Reads the files, and checks that they fit together. LBX_ERR_INVALID: they do not; logged. identity_done must follow in any case. */
enum lbx_err identity_read(const struct lbx_settings *settings, struct identity *ret_identity)
    LBX_MUST_CHECK;
struct lbx_https_files identity_files(const struct identity *identity);
void identity_done(struct identity *identity);

#endif

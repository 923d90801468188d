/* Reads the certificate, its key and the clients' authorities, each from its setting's file. Fails with a line of log. */
#include "identity.h"

#include "base/file.h"
#include "io/secret.h"

#include <string.h>

enum { PEM_MAX = 1 << 20 };

static enum lbx_err read_pem(const char *setting, const char *path, struct lbx_buf *ret_text) {
    return lbx_file_read(path, PEM_MAX, ret_text) ? LBX_OK
                                                  : lbx_settings_refuse(setting, "cannot be read");
}

static enum lbx_err read_key(const char *setting, const char *path, struct lbx_buf *ret_text) {
    char why[LBX_SECRET_WHY_SIZE];
    return lbx_secret_read(path, PEM_MAX, ret_text, why) ? LBX_OK
                                                         : lbx_settings_refuse(setting, why);
}

enum lbx_err identity_read(const struct lbx_settings *settings, struct identity *ret_identity) {
    struct identity *it = ret_identity;
    *it = (struct identity){0};
    enum lbx_err err = read_pem("LOCKBOX_AUTHORIZER_CERTIFICATE_FILE",
                                settings->authorizer_certificate_file, &it->certificate);
    if (err == LBX_OK)
        err = read_key("LOCKBOX_AUTHORIZER_KEY_FILE", settings->authorizer_key_file, &it->key);
    if (err == LBX_OK)
        err = read_pem("LOCKBOX_AUTHORIZER_CLIENT_CA_FILE", settings->authorizer_client_ca_file,
                       &it->client_ca);
    if (err != LBX_OK)
        return err;
    const struct lbx_https_files files = identity_files(it);
    return lbx_https_check(&files) == LBX_OK
               ? LBX_OK
               : lbx_settings_refuse(
                     "LOCKBOX_AUTHORIZER_CERTIFICATE_FILE",
                     "this certificate, its key and LOCKBOX_AUTHORIZER_CLIENT_CA_FILE do not go together");
}

struct lbx_https_files identity_files(const struct identity *identity) {
    return (struct lbx_https_files){identity->certificate.data, identity->key.data,
                                    identity->client_ca.data};
}

void identity_done(struct identity *identity) {
    if (identity->key.data)
        explicit_bzero(identity->key.data, identity->key.len);
    lbx_buf_done(&identity->certificate);
    lbx_buf_done(&identity->key);
    lbx_buf_done(&identity->client_ca);
}

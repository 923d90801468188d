/* keygen and keygen approver: make an Ed25519 key for checkpoints or decisions. Promises a
 * private key in a new file of mode 0600, wiped from memory; the public half is printed. Fails
 * where the file exists. */
#include "commands.h"

#include "arguments.h"
#include "base/random.h"
#include "io/ed25519.h"
#include "publish/sign.h"
#include "sign/key.h"
#include "tlog/note.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool write_private(const char *path, const struct lbx_buf *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, text->data, text->len) == (ssize_t)text->len && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0)
        good = false;
    if (!good)
        ctl_fail(CTL_NO, "%s cannot be written: %s", path, strerror(errno));
    return good;
}

/* Makes a key, and writes it to a new file. */
static bool make_key(const char *path, unsigned char ret_public[LBX_ED25519_KEY_SIZE]) {
    struct lbx_signing_key key;
    struct lbx_buf text LBX_BUF = {0};
    lbx_random_bytes(key.seed, sizeof key.seed);
    lbx_ed25519_public(key.seed, ret_public);
    lbx_ed25519_pem_write(key.seed, &text);
    bool written = write_private(path, &text);
    explicit_bzero(&key, sizeof key);
    explicit_bzero(text.data, text.len);
    return written;
}

enum ctl_exit ctl_keygen(struct ctl *ctl) {
    unsigned char public_key[LBX_ED25519_KEY_SIZE] = {0};
    struct lbx_verifier verifier;
    struct lbx_buf vkey LBX_BUF = {0};
    if (lbx_verifier_init(&verifier, ctl->settings.log_origin, LBX_NOTE_ED25519, public_key) !=
        LBX_OK)
        return ctl_fail(CTL_USAGE, "LOCKBOX_LOG_ORIGIN is no key's name: %s",
                        ctl->settings.log_origin);
    if (!make_key(ctl->args[0], public_key))
        return CTL_NO;
    if (lbx_verifier_init(&verifier, ctl->settings.log_origin, LBX_NOTE_ED25519, public_key) !=
        LBX_OK)
        return CTL_NO;
    lbx_vkey_write(&verifier, &vkey);
    lbx_buf_char(&vkey, '\n');
    ctl_put(&vkey);
    return CTL_DONE;
}

/* ---- approvers' keys ---- */

static void put_public(const struct lbx_jwk *jwk) {
    struct lbx_buf out LBX_BUF = {0};
    lbx_buf_str(&out, "public_key=");
    lbx_json_write(&lbx_jwk_table, jwk, &out);
    lbx_buf_char(&out, '\n');
    ctl_put(&out);
}

static bool put_proof(struct ctl *ctl, const char *principal_id) {
    struct lbx_tenant_event event = {.tenant_id = ctl->options[CTL_TENANT],
                                     .principal_id = principal_id};
    struct lbx_buf out LBX_BUF = {0};
    if (!ctl_prove_key(ctl, ctl->args[0], &event))
        return false;
    lbx_buf_printf(&out, "proof=%s\n", event.proof.jws);
    ctl_put(&out);
    return true;
}

enum ctl_exit ctl_keygen_approver(struct ctl *ctl) {
    unsigned char public_key[LBX_ED25519_KEY_SIZE];
    struct lbx_principal by = {0};
    struct lbx_jwk jwk;
    bool proves = ctl->options[CTL_TENANT] || ctl->options[CTL_BY];
    if (proves && !(ctl->options[CTL_TENANT] && *ctl->options[CTL_TENANT] && ctl->options[CTL_BY]))
        return ctl_fail(CTL_USAGE, "a proof takes both, --tenant and --by");
    if (proves && !ctl_read_operator(ctl, &by))
        return CTL_USAGE;
    if (!make_key(ctl->args[0], public_key) || !ctl_public_jwk(ctl, ctl->args[0], &jwk))
        return CTL_NO;
    put_public(&jwk);
    return !proves || put_proof(ctl, by.id) ? CTL_DONE : CTL_NO;
}

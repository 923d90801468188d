/* keygen: makes an Ed25519 key that signs checkpoints. The private key goes into a new file of mode
 * 0600 and is wiped from memory; the verifier key is printed. An existing file is never
 * overwritten.
 */
#include "commands.h"

#include "base/random.h"
#include "io/ed25519.h"
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

enum ctl_exit ctl_keygen(struct ctl *ctl) {
    struct lbx_signing_key key;
    struct lbx_verifier verifier;
    struct lbx_buf text LBX_BUF = {0}, vkey LBX_BUF = {0};
    lbx_random_bytes(key.seed, sizeof key.seed);
    lbx_ed25519_public(key.seed, key.public_key);
    if (lbx_verifier_init(&verifier, ctl->settings.log_origin, LBX_NOTE_ED25519, key.public_key) !=
        LBX_OK)
        return ctl_fail(CTL_USAGE, "LOCKBOX_LOG_ORIGIN is no key's name: %s",
                        ctl->settings.log_origin);
    lbx_ed25519_pem_write(key.seed, &text);
    bool written = write_private(ctl->args[0], &text);
    explicit_bzero(&key, sizeof key);
    explicit_bzero(text.data, text.len);
    if (!written)
        return CTL_NO;
    lbx_vkey_write(&verifier, &vkey);
    lbx_buf_char(&vkey, '\n');
    ctl_put(&vkey);
    return CTL_DONE;
}

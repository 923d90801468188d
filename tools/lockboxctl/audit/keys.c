/* Loads the operator's public keys and witness policy, and checks checkpoints with them.
 * Promises that private keys are wiped once their public half is known. Fails with a usage error
 * where a key cannot be read, so that none is left out silently. */
#include "keys.h"

#include "base/file.h"
#include "io/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { KEYS_FILE_MAX = 1 << 20 };

static bool read_file(const char *path, struct lbx_buf *ret_text) {
    if (lbx_file_read(path, KEYS_FILE_MAX, ret_text))
        return true;
    if (errno == EFBIG)
        ctl_fail(CTL_USAGE, "%s cannot be read, or is too long", path);
    else
        ctl_fail(CTL_USAGE, "%s cannot be read: %s", path, strerror(errno));
    return false;
}

static void add(struct trusted *trusted, const unsigned char key[LBX_KEY_SIZE]) {
    for (size_t i = 0; i < trusted->count; i++)
        if (memcmp(trusted->keys[i], key, LBX_KEY_SIZE) == 0)
            return;
    trusted->keys = lbx_realloc(trusted->keys, (trusted->count + 1) * sizeof *trusted->keys);
    memcpy(trusted->keys[trusted->count++], key, LBX_KEY_SIZE);
}

void trusted_done(struct trusted *trusted) {
    free(trusted->keys);
    free(trusted->policy);
    *trusted = (struct trusted){0};
}

/* Narrows a line to what is between its spaces: a file that was mailed or edited elsewhere may have \r\n. */
static const char *trim(const char *line, size_t *len) {
    while (*len && strchr(" \t\r", line[*len - 1]))
        --*len;
    for (; *len && strchr(" \t", *line); line++)
        --*len;
    return line;
}

bool trusted_add_lines(struct trusted *trusted, const char *text, size_t len) {
    const char *end = text + len;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *next = newline ? newline + 1 : end;
        size_t len_of_line = (size_t)((newline ? newline : end) - text);
        const char *line = trim(text, &len_of_line);
        struct lbx_verifier verifier;
        if (len_of_line && line[0] != '#') {
            if (lbx_vkey_read(line, len_of_line, &verifier) != LBX_OK ||
                verifier.type != LBX_NOTE_ED25519)
                return false;
            add(trusted, verifier.public_key);
        }
        text = next;
    }
    return true;
}

static enum ctl_exit load_vkeys(const char *path, struct trusted *trusted) {
    struct lbx_buf text LBX_BUF = {0};
    if (!read_file(path, &text))
        return CTL_USAGE;
    if (!trusted_add_lines(trusted, text.data, text.len))
        return ctl_fail(
            CTL_USAGE,
            "%s holds a line that is no verifier key (lockboxctl audit vkey prints them)", path);
    return CTL_DONE;
}

static enum ctl_exit load_own(const char *path, struct trusted *trusted) {
    static const char begin[] = "-----BEGIN ";
    struct lbx_buf text LBX_BUF = {0};
    struct lbx_signing_key key;
    char why[LBX_SECRET_WHY_SIZE];
    if (!lbx_secret_read(path, KEYS_FILE_MAX, &text, why))
        return ctl_fail(CTL_USAGE, "LOCKBOX_CHECKPOINT_KEY_FILE: %s", why);
    /* During a change of keys the file has several. */
    const char *at = text.data;
    bool good;
    do {
        const char *next = *at ? strstr(at + 1, begin) : NULL;
        good = lbx_signing_key_read(at, next ? (size_t)(next - at) : strlen(at), &key) == LBX_OK;
        if (good)
            add(trusted, key.public_key);
        at = next;
    } while (good && at);
    explicit_bzero(&key, sizeof key);
    explicit_bzero(text.data, text.len);
    return good
               ? CTL_DONE
               : ctl_fail(CTL_USAGE, "%s holds no Ed25519 key (lockboxctl keygen makes one)", path);
}

enum ctl_exit trusted_load_policy(const struct ctl *ctl, struct trusted *ret_trusted) {
    const char *path = ctl->settings.witness_policy_file;
    struct lbx_buf text LBX_BUF = {0};
    size_t line;
    if (!*path)
        return CTL_DONE;
    if (!read_file(path, &text))
        return CTL_USAGE;
    ret_trusted->policy = lbx_calloc(sizeof *ret_trusted->policy);
    if (lbx_policy_read(text.data, text.len, ret_trusted->policy, &line) == LBX_OK)
        return CTL_DONE;
    return line ? ctl_fail(CTL_USAGE, "%s: line %zu is none of a witness policy", path, line)
                : ctl_fail(CTL_USAGE, "%s has no line that names the quorum", path);
}

enum ctl_exit trusted_load(const struct ctl *ctl, struct trusted *ret_trusted) {
    const struct lbx_settings *s = &ctl->settings;
    enum ctl_exit code = CTL_DONE;
    if (*s->checkpoint_vkeys_file)
        code = load_vkeys(s->checkpoint_vkeys_file, ret_trusted);
    if (code == CTL_DONE && *s->checkpoint_key_file)
        code = load_own(s->checkpoint_key_file, ret_trusted);
    if (code == CTL_DONE && ret_trusted->count == 0)
        return ctl_fail(CTL_USAGE,
                        "no key to trust: LOCKBOX_CHECKPOINT_VKEYS_FILE names a file of verifier "
                        "keys, one a line");
    return code == CTL_DONE ? trusted_load_policy(ctl, ret_trusted) : code;
}

static bool wrong(const char **ret_wrong, const char *what) {
    *ret_wrong = what;
    return false;
}

bool checkpoint_holds(const char *note, size_t len, const char *origin,
                      const struct trusted *trusted, struct lbx_note *ret_note,
                      struct lbx_checkpoint *ret_checkpoint, const char **ret_wrong) {
    if (lbx_note_read(note, len, ret_note) != LBX_OK ||
        lbx_checkpoint_read(ret_note, ret_checkpoint) != LBX_OK)
        return wrong(ret_wrong, "its note is no signed checkpoint");
    if (strcmp(ret_checkpoint->origin, origin) != 0)
        return wrong(ret_wrong, "it is a checkpoint of another log");
    bool known = false;
    for (size_t i = 0; i < trusted->count; i++) {
        struct lbx_verifier verifier;
        if (lbx_verifier_init(&verifier, origin, LBX_NOTE_ED25519, trusted->keys[i]) != LBX_OK)
            continue;
        enum lbx_err err = lbx_note_verify(ret_note, &verifier, NULL);
        if (err == LBX_OK) {
            known = true;
        } else if (err == LBX_ERR_REFUSED) {
            return wrong(ret_wrong, "its signature does not hold");
        }
    }
    return known || wrong(ret_wrong, "it is signed by no key that is trusted");
}

bool quorum_holds(const struct trusted *trusted, const struct lbx_note *note,
                  const char **ret_wrong) {
    uint64_t witnesses;
    size_t which;
    if (!trusted->policy)
        return true;
    if (lbx_policy_witnesses(trusted->policy, note, &witnesses, &which) != LBX_OK)
        return wrong(ret_wrong, "a witness's cosignature does not hold");
    return lbx_policy_is_met(trusted->policy, witnesses) ||
           wrong(ret_wrong, "it is cosigned by fewer witnesses than the policy asks for");
}

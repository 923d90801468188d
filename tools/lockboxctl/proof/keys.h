/* Whom a verifier trusts: public keys that he was given, not those of the store that he checks. */
#ifndef LOCKBOXCTL_PROOF_KEYS_H
#define LOCKBOXCTL_PROOF_KEYS_H

#include "audit/note.h"
#include "ctl.h"

struct trusted {
    unsigned char (*keys)[LBX_KEY_SIZE];
    size_t count;
};

/* The public keys of LOCKBOX_CHECKPOINT_VKEYS_FILE and of the key in LOCKBOX_CHECKPOINT_KEY_FILE. Says what is wrong;
 * none at all is wrong, too. */
enum ctl_exit trusted_load(const struct ctl *ctl, struct trusted *ret_trusted);
/* Adds the keys of a text of vkeys, one a line. False: a line is none. */
bool trusted_add_lines(struct trusted *trusted, const char *text, size_t len);
void trusted_done(struct trusted *trusted);

/* A whole file, up to `most` bytes; says why not. */
bool read_whole_file(const char *path, size_t most, struct lbx_buf *ret_text);

/* A checkpoint, its parts, and whether it is one of that origin, signed by a key that is trusted. *ret_wrong is static;
 * what could be read is set in any case, and note_is_read says whether anything was. */
bool checkpoint_holds(const char *note, size_t len, const char *origin,
                      const struct trusted *trusted, struct lbx_note *ret_note,
                      struct lbx_checkpoint *ret_checkpoint, uint32_t *ret_key_id,
                      const char **ret_wrong);

#define TRUSTED LBX_CLEANUP(trusted_done)

#endif

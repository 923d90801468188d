/* The public keys and witnesses that the operator trusts. They come from settings, never from
 * the store that is checked. */
#ifndef LOCKBOXCTL_AUDIT_KEYS_H
#define LOCKBOXCTL_AUDIT_KEYS_H

#include "command.h"
#include "tlog/policy.h"

struct trusted {
    unsigned char (*keys)[LBX_KEY_SIZE];
    size_t count;
    struct lbx_witness_policy *policy; /* NULL: no witnesses are required */
};

/* Loads the public keys of LOCKBOX_CHECKPOINT_VKEYS_FILE and LOCKBOX_CHECKPOINT_KEY_FILE, and
 * the policy of LOCKBOX_WITNESS_POLICY_FILE. Prints errors, of which having no key is one. */
enum ctl_exit trusted_load(const struct ctl *ctl, struct trusted *ret_trusted);
/* Loads only the policy. */
enum ctl_exit trusted_load_policy(const struct ctl *ctl, struct trusted *ret_trusted);
/* Adds keys from a text of vkeys, one a line. False: a line is malformed. */
bool trusted_add_lines(struct trusted *trusted, const char *text, size_t len);
void trusted_done(struct trusted *trusted);

/* Whether a note is a checkpoint of that origin, signed by a trusted key, without an invalid
 * signature of a trusted key. False: *ret_wrong says why, static. *ret_note is set if the note
 * can be parsed. */
bool checkpoint_holds(const char *note, size_t len, const char *origin,
                      const struct trusted *trusted, struct lbx_note *ret_note,
                      struct lbx_checkpoint *ret_checkpoint, const char **ret_wrong);

/* Whether the note has the cosignatures that the policy requires, or there is no policy.
 * *ret_wrong is static. */
bool quorum_holds(const struct trusted *trusted, const struct lbx_note *note,
                  const char **ret_wrong);

#define TRUSTED LBX_CLEANUP(trusted_done)

#endif

/* The public keys and witnesses that the operator trusts. They are given by settings, never read
 * from the store that is checked. */
#ifndef LOCKBOXCTL_AUDIT_KEYS_H
#define LOCKBOXCTL_AUDIT_KEYS_H

#include "command.h"
#include "tlog/policy.h"

struct trusted {
    unsigned char (*keys)[LBX_KEY_SIZE];
    size_t count;
    struct lbx_witness_policy *policy; /* NULL: no witnesses are asked for */
};

/* The public keys of LOCKBOX_CHECKPOINT_VKEYS_FILE and of the keys in
 * LOCKBOX_CHECKPOINT_KEY_FILE, and the policy of LOCKBOX_WITNESS_POLICY_FILE. Says what is
 * wrong; no key at all is wrong, too. */
enum ctl_exit trusted_load(const struct ctl *ctl, struct trusted *ret_trusted);
/* The policy alone. */
enum ctl_exit trusted_load_policy(const struct ctl *ctl, struct trusted *ret_trusted);
/* Adds the keys of a text of vkeys, one a line. False: a line is none. */
bool trusted_add_lines(struct trusted *trusted, const char *text, size_t len);
void trusted_done(struct trusted *trusted);

/* Whether a note is a checkpoint of that origin, signed by a trusted key, with no signature of a
 * trusted key that does not hold. False: *ret_wrong says why, static. *ret_note is set whenever the
 * note can be read. */
bool checkpoint_holds(const char *note, size_t len, const char *origin,
                      const struct trusted *trusted, struct lbx_note *ret_note,
                      struct lbx_checkpoint *ret_checkpoint, const char **ret_wrong);

/* Whether the witnesses that the policy asks for cosigned the note; where there is no policy they
 * did. *ret_wrong is static. */
bool quorum_holds(const struct trusted *trusted, const struct lbx_note *note,
                  const char **ret_wrong);

#define TRUSTED LBX_CLEANUP(trusted_done)

#endif

/* Which witnesses must have cosigned a checkpoint (C2SP tlog-policy). */
#ifndef LBX_AUDIT_POLICY_H
#define LBX_AUDIT_POLICY_H

#include "tlog/note.h"

enum { LBX_POLICY_MEMBERS = 64, LBX_POLICY_NAME_SIZE = 128, LBX_POLICY_URL_SIZE = 512 };

/* A witness, or a group of members that stand before it. */
struct lbx_policy_member {
    char name[LBX_POLICY_NAME_SIZE];
    bool is_witness;
    /* of a witness */
    struct lbx_verifier verifier;
    char url[LBX_POLICY_URL_SIZE]; /* "": none */
    /* of a group */
    size_t threshold;
    uint64_t members; /* a bit each, by place in the list */
};

struct lbx_witness_policy {
    struct lbx_policy_member list[LBX_POLICY_MEMBERS];
    size_t count;
    int quorum; /* place in the list; -1: none is needed */
};

/* Lines `witness`, `group` and one `quorum`; lines `log` are read and not used. LBX_ERR_INVALID with the line's number
 * in *ret_line (0: there is no quorum). Only witnesses that sign by Ed25519 are known. */
enum lbx_err lbx_policy_read(const char *text, size_t len, struct lbx_witness_policy *ret_policy,
                             size_t *ret_line) LBX_MUST_CHECK;

/* Whether the witnesses of these bits are enough. */
bool lbx_policy_is_met(const struct lbx_witness_policy *policy, uint64_t witnesses);

/* The witnesses that cosigned a note, a bit each. LBX_ERR_REFUSED: a cosignature of one does not hold, *ret_false its
 * place. */
enum lbx_err lbx_policy_witnesses(const struct lbx_witness_policy *policy,
                                  const struct lbx_note *note, uint64_t *ret_witnesses,
                                  size_t *ret_false) LBX_MUST_CHECK;

#endif

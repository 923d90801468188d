/* Which witnesses must cosign a checkpoint (C2SP tlog-policy). */
#ifndef LBX_AUDIT_POLICY_H
#define LBX_AUDIT_POLICY_H

#include "tlog/note.h"

enum { LBX_POLICY_MEMBERS = 64, LBX_POLICY_NAME_SIZE = 128, LBX_POLICY_URL_SIZE = 512 };

/* A witness, or a group of members defined before it. */
struct lbx_policy_member {
    char name[LBX_POLICY_NAME_SIZE];
    bool is_witness;
    /* of a witness: */
    struct lbx_verifier verifier;
    char url[LBX_POLICY_URL_SIZE]; /* "": none */
    /* of a group: */
    size_t threshold;
    uint64_t members; /* a bit for each, by its index in the list */
};

struct lbx_witness_policy {
    struct lbx_policy_member list[LBX_POLICY_MEMBERS];
    size_t count;
    int quorum; /* index in the list; -1: no quorum is needed */
};

/* Reads lines `witness`, `group` and one `quorum`; lines `log` are ignored. LBX_ERR_INVALID,
 * with the line's number in *ret_line (0: `quorum` is missing). Witnesses must sign by Ed25519. */
enum lbx_err lbx_policy_read(const char *text, size_t len, struct lbx_witness_policy *ret_policy,
                             size_t *ret_line) LBX_MUST_CHECK;

/* Whether the witnesses, a bit each, meet the policy. */
bool lbx_policy_is_met(const struct lbx_witness_policy *policy, uint64_t witnesses);

/* The witnesses that cosigned a note, a bit each. LBX_ERR_REFUSED: a witness's cosignature is
 * invalid; *ret_false is its index. */
enum lbx_err lbx_policy_witnesses(const struct lbx_witness_policy *policy,
                                  const struct lbx_note *note, uint64_t *ret_witnesses,
                                  size_t *ret_false) LBX_MUST_CHECK;

#endif

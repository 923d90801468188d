/* Inclusion proofs and verifier keys as text. */
#ifndef LOCKBOXCTL_AUDIT_PROVE_H
#define LOCKBOXCTL_AUDIT_PROVE_H

#include "keys.h"
#include "stored_logs.h"

/* Appends the tlog-proof of a leaf in the tree of the checkpoint `note`, whose size is `size`. */
enum ctl_exit prove(struct log_hashes *hashes, uint64_t leaf, const char *note, uint64_t size,
                    struct lbx_buf *out);

/* The log's verifier keys, one for each that is trusted, one a line. */
void put_vkeys(const struct trusted *trusted, const struct log *log, struct lbx_buf *out);

#endif

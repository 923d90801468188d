/* Inclusion proofs and verifier keys as text. */
#ifndef LOCKBOXCTL_AUDIT_PROVE_H
#define LOCKBOXCTL_AUDIT_PROVE_H

#include "keys.h"
#include "stored_logs.h"

/* Appends the tlog-proof of a leaf, for the checkpoint `note` of size `size`. */
enum ctl_exit prove(struct log_hashes *hashes, uint64_t leaf, const char *note, uint64_t size,
                    struct lbx_buf *out);

/* Appends the log's verifier keys, one line for each trusted key. */
void put_vkeys(const struct trusted *trusted, const struct log *log, struct lbx_buf *out);

#endif

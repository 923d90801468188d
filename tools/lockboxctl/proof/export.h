/* What export and report share. */
#ifndef LOCKBOXCTL_PROOF_EXPORT_H
#define LOCKBOXCTL_PROOF_EXPORT_H

#include "keys.h"
#include "logs.h"

/* A log's newest checkpoint, and where the policy asks for witnesses the newest that enough of them cosigned: its note
 * with all cosignatures, in the arena, and its size. NULL and 0: there is none. */
enum ctl_exit checkpoint_to_show(struct lbx_pg *pg, const struct log *log,
                                 const struct trusted *trusted, struct lbx_arena *arena,
                                 const char **ret_note, uint64_t *ret_size);

#endif

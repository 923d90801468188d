/* What export and report share. */
#ifndef LOCKBOXCTL_PROOF_EXPORT_H
#define LOCKBOXCTL_PROOF_EXPORT_H

#include "logs.h"

/* A checkpoint's note, with what witnesses signed of it behind it; in the arena. */
enum ctl_exit checkpoint_with_cosignatures(struct lbx_pg *pg, struct lbx_arena *arena,
                                           struct stored_checkpoint stored, const char **ret_note);

#endif

/* Deadlines for sockets: a thread of its own shuts down those that are late, which ends every
 * wait for them. */
#ifndef LBX_IO_PATIENCE_H
#define LBX_IO_PATIENCE_H

#include "base/clock.h"

#include <stdatomic.h>

struct lbx_patience;

/* Owned by the caller, from lbx_patience_add to lbx_patience_remove. until_us: the deadline in
 * lbx_monotonic_us, INT64_MAX for none; may be set at any time. */
struct lbx_patient {
    int fd;
    _Atomic int64_t until_us;
    struct lbx_patient *next, **place;
};

struct lbx_patience *lbx_patience_new(void);
/* Frees an object without sockets; NULL does nothing. */
void lbx_patience_free(struct lbx_patience *patience);

/* Adds a socket. From any thread. A late socket is shut down within half a second, and never after its removal. */
void lbx_patience_add(struct lbx_patience *patience, struct lbx_patient *patient);
void lbx_patience_remove(struct lbx_patience *patience, struct lbx_patient *patient);

#endif

/* Sockets that have until a certain time: a thread of its own shuts down those that are late, which ends whatever waits
 * for them. */
#ifndef LBX_IO_PATIENCE_H
#define LBX_IO_PATIENCE_H

#include "base/clock.h"

#include <stdatomic.h>

struct lbx_patience;

/* The owner's, from lbx_patience_add to lbx_patience_remove. until_us: lbx_monotonic_us(), INT64_MAX: for ever; set at
 * any time. */
struct lbx_patient {
    int fd;
    _Atomic int64_t until_us;
    struct lbx_patient *next, **place;
};

struct lbx_patience *lbx_patience_new(void);
/* All patients were removed. NULL is none. */
void lbx_patience_free(struct lbx_patience *patience);

/* From any thread. A descriptor that is late is shut down within half a second, and not once it was removed. */
void lbx_patience_add(struct lbx_patience *patience, struct lbx_patient *patient);
void lbx_patience_remove(struct lbx_patience *patience, struct lbx_patient *patient);

#endif

/* The kinds of an OpenShift cluster, with their API groups. Pure. */
#ifndef LBX_CORE_KINDS_H
#define LBX_CORE_KINDS_H

#include <stddef.h>

/* The i-th known kind, as Kind.group, or Kind for the core group; sorted. NULL behind the last. */
const char *lbx_kind(size_t i);

/* The kinds of that name (up to its first dot), which are consecutive: returns the index of the
 * first, and sets their number. The core group's is the first. */
size_t lbx_kind_candidates(const char *name, size_t *ret_count);

#endif

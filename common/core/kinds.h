/* Which kinds an OpenShift cluster knows, and in which API groups. Pure. */
#ifndef LBX_CORE_KINDS_H
#define LBX_CORE_KINDS_H

#include <stddef.h>

/* The i-th kind known, as Kind.group, or Kind of the core group; sorted. NULL behind the last. */
const char *lbx_kind(size_t i);

/* The kinds of that name (up to its first dot), which stand together: their number, and the place of the first. The
 * core group's, where there is one, is the first. */
size_t lbx_kind_candidates(const char *name, size_t *ret_count);

#endif

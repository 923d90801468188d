/* What consent cannot open: entries that name actions, namespaces and kinds, the operator's and the customer's. Pure. */
#ifndef LBX_CORE_FORBIDDEN_H
#define LBX_CORE_FORBIDDEN_H

#include "base/arena.h"
#include "core/item.h"

struct lbx_forbidden_list {
    const struct lbx_forbidden *entries;
    size_t count;
};

/* LOCKBOX_FORBIDDEN's default: secrets, OAuth, and changes of what decides who may do what. */
extern const struct lbx_forbidden_list lbx_forbidden_default;

/* Whether an entry is well formed: one of the five actions, an RFC 1123 label, Kind, Kind.group or *.group. */
bool lbx_forbidden_valid(const struct lbx_forbidden *entry);

/* Whether the item covers anything that the entry names; what it implies is not counted. */
bool lbx_forbidden_meets(const struct lbx_forbidden *entry, const struct lbx_item *item);

/* The first entry that the item meets; NULL: none. */
const struct lbx_forbidden *lbx_forbidden_find(const struct lbx_forbidden_list *list,
                                               const struct lbx_item *item);

/* Reads a JSON array of entries; LBX_ERR_INVALID with *ret_reason where it is none, or an entry is not valid. Texts
 * live in the arena. */
enum lbx_err lbx_forbidden_read(const char *json, size_t len, struct lbx_arena *arena,
                                struct lbx_forbidden_list *ret_list, struct lbx_reason *ret_reason)
    LBX_MUST_CHECK;

/* Whether whoever may carry the item out makes the cluster run programs of theirs. */
bool lbx_item_runs_programs(const struct lbx_item *item);

/* Whether the item reaches a namespace that is the customer's: none of openshift, openshift-…, kube-… and default. */
bool lbx_item_leaves_managed(const struct lbx_item *item);

#endif

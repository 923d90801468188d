/* Items that no approval opens: entries with actions, namespaces and kinds, of the operator and of the customer. Pure. */
#ifndef LBX_CORE_FORBIDDEN_H
#define LBX_CORE_FORBIDDEN_H

#include "base/arena.h"
#include "core/item.h"

struct lbx_forbidden_list {
    const struct lbx_forbidden *entries;
    size_t count;
};

/* The default of LOCKBOX_FORBIDDEN: secrets, OAuth, and changes of permissions. */
extern const struct lbx_forbidden_list lbx_forbidden_default;

/* Whether an entry is valid: one of the five actions, an RFC 1123 label, and Kind, Kind.group or *.group. */
bool lbx_forbidden_valid(const struct lbx_forbidden *entry);

/* Whether the item covers something that the entry names; implied reading does not count. */
bool lbx_forbidden_meets(const struct lbx_forbidden *entry, const struct lbx_item *item);

/* The first entry that matches the item; NULL: none. */
const struct lbx_forbidden *lbx_forbidden_find(const struct lbx_forbidden_list *list,
                                               const struct lbx_item *item);

/* Reads a JSON array of entries into the arena. LBX_ERR_INVALID: no array, or an invalid entry;
 * *ret_reason says which. */
enum lbx_err lbx_forbidden_read(const char *json, size_t len, struct lbx_arena *arena,
                                struct lbx_forbidden_list *ret_list, struct lbx_reason *ret_reason)
    LBX_MUST_CHECK;

/* Whether the item lets its engineer run programs of their choice on the cluster. */
bool lbx_item_runs_programs(const struct lbx_item *item);

/* Whether the item reaches a namespace of the customer's: any but openshift, openshift-…, kube-… and default. */
bool lbx_item_leaves_managed(const struct lbx_item *item);

#endif

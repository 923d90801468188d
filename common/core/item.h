/* An item of a request: the five actions, and the form of each member. Pure. */
#ifndef LBX_CORE_ITEM_H
#define LBX_CORE_ITEM_H

#include "event/payload.h"

enum { LBX_DETAIL_SIZE = 512 };

/* The fault of an item, for people: the member, a colon and the reason, in ASCII ("namespace: missing"). */
struct lbx_item_fault {
    char text[LBX_DETAIL_SIZE];
};

/* Whether an action is one of the five. */
bool lbx_action_permitted(const char *action);

/* Whether an action has content: it creates or updates an object. */
bool lbx_action_has_content(const char *action);

/* Whether an item has one of the five actions, the members that this action needs and no others,
 * each in Kubernetes's form. Otherwise *ret_fault has the reason. */
bool lbx_item_permitted(const struct lbx_item *item, struct lbx_item_fault *ret_fault);

/* Whether any member of the item's content is set, valid or not. */
bool lbx_item_has_content(const struct lbx_item *item);

/* Whether each item's number is its place, from 1, and each is permitted. Approvers keep items by number: other items may read as one
 * thing and allow another. */
bool lbx_items_hold(const struct lbx_item *items, size_t count);

/* The API group of a kind, "" for the core group: borrowed from kind, behind its first dot. */
const char *lbx_kind_group(const char *kind);

#endif

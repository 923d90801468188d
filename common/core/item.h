/* One wish of a request: the five actions, and what each of an item's members must look like. Pure. */
#ifndef LBX_CORE_ITEM_H
#define LBX_CORE_ITEM_H

#include "event/payload.h"

enum { LBX_DETAIL_SIZE = 512 };

/* What is wrong with an item, for people: the member, a colon and why, in ASCII ("namespace: missing"). */
struct lbx_item_fault {
    char text[LBX_DETAIL_SIZE];
};

/* Whether an action is one of the five. */
bool lbx_action_permitted(const char *action);

/* Whether an action says what an object is to be: it creates or updates one. */
bool lbx_action_has_content(const char *action);

/* Whether an item is one of the five actions, with the members that action needs and no others, each as Kubernetes
 * writes it. Where it is not, *ret_fault says why. */
bool lbx_item_permitted(const struct lbx_item *item, struct lbx_item_fault *ret_fault);

/* Whether it says exactly what is to change, or tries to. */
bool lbx_item_has_content(const struct lbx_item *item);

/* The API group of a kind, "" for the core group: borrowed from kind, behind its first dot. */
const char *lbx_kind_group(const char *kind);

#endif

/* Kubernetes objects as trees. Internal to this folder. */
#ifndef LBX_CONTENT_VALUES_H
#define LBX_CONTENT_VALUES_H

#include "content/content.h"
#include "json/canonical.h"

/* Converts an object to normal form, in place. consented: see struct lbx_content_objects. */
void lbx_normalize(struct lbx_node *object, bool is_creation, const struct lbx_node *consented);

/* Appends the list of changes from before (NULL: created) to after, both in normal form. False: a value has no canonical JSON. */
bool lbx_changes_add(const struct lbx_node *before, const struct lbx_node *after,
                     struct lbx_buf *out, const char **ret_why);

#endif

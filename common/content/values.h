/* jansson's values within this layer. */
#ifndef LBX_CONTENT_VALUES_H
#define LBX_CONTENT_VALUES_H

#include "content/content.h"
#include "json/canonical.h"

/* Brings an object into normal form, in place. consented: lbx_content_objects. */
void lbx_normalize(json_t *object, bool is_creation, const json_t *consented);

/* Appends the list of changes from before (NULL: created) to after, both in normal form. */
bool lbx_changes_add(const json_t *before, const json_t *after, struct lbx_buf *out,
                     const char **ret_why);

#endif

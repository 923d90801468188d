/* What the changes of an item with content may be: entries of a path (RFC 6901), before and after. */
#ifndef LBX_CORE_CHANGES_FORM_H
#define LBX_CORE_CHANGES_FORM_H

#include <stdbool.h>

/* changes: canonical JSON (RFC 8785). Of a creation one entry, of path "", with the whole object behind it; of an update entries
 * below the object, each of which changes something, in byte order of their paths. NULL: they are so; else a sentence for the
 * refusal's detail, static. */
const char *lbx_changes_fault(const char *changes, bool is_creation);

/* Behind the JSON value that begins here: at the comma or bracket that ends it, or the text's end. */
const char *lbx_changes_value_end(const char *at);

#endif

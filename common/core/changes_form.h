/* The form of an item's list of changes: entries with a path (RFC 6901), before and after. */
#ifndef LBX_CORE_CHANGES_FORM_H
#define LBX_CORE_CHANGES_FORM_H

#include <stdbool.h>

/* Checks changes, canonical JSON (RFC 8785). A creation has one entry, of path "", with the
 * whole object as `after`. An update has entries below the object, in byte order of their paths,
 * each with a difference. NULL: valid. Otherwise a sentence for the refusal's detail, static. */
const char *lbx_changes_fault(const char *changes, bool is_creation);

/* The position behind the JSON value that begins at `at`: a comma, a closing bracket, or the text's end. */
const char *lbx_changes_value_end(const char *at);

#endif

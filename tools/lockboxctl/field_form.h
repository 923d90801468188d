/* What a person types for a field of an event, as help and the manual page show it. */
#ifndef LOCKBOXCTL_FIELD_FORM_H
#define LOCKBOXCTL_FIELD_FORM_H

#include "event/payload.h"

/* What stands behind "field=", for people: "TEXT", "ID,EMAIL,NAME", "allowed|blocked". */
void ctl_field_form(const struct lbx_field *field, struct lbx_buf *out);

/* How many members of an object can be given as parts between commas: those before the first that is an object itself. */
size_t ctl_field_parts(const struct lbx_table *table);

/* Whether an object is a public key: then the file of a private key is typed. table may be NULL. */
bool ctl_field_is_key(const struct lbx_table *table);

#endif

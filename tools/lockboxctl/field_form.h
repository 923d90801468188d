/* The form of an event's field on the command line, for help and manual page. */
#ifndef LOCKBOXCTL_FIELD_FORM_H
#define LOCKBOXCTL_FIELD_FORM_H

#include "event/payload.h"

/* Appends what is typed after "field=": "TEXT", "ID,EMAIL,NAME", "allowed|blocked". */
void ctl_field_form(const struct lbx_field *field, struct lbx_buf *out);

/* How many members of an object can be given, separated by commas: those before the first one that is an object itself. */
size_t ctl_field_parts(const struct lbx_table *table);

/* Whether an object is a public key, for which the path of the private key's file is typed. table may be NULL. */
bool ctl_field_is_key(const struct lbx_table *table);

#endif

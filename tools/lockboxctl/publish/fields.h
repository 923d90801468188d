/* Makes an event's data from words FIELD=VALUE, by the table of the event's readers. */
#ifndef LOCKBOXCTL_FIELDS_H
#define LOCKBOXCTL_FIELDS_H

#include "command.h"

#include "event/payload.h"

/* Appends the words as a JSON object of `table`. A text, number, time, duration or name is
 * written as it is. An object is its members separated by commas, in the table's order (the last
 * one takes the rest), or JSON. A list is a field given several times; it is empty if it is
 * given once without a value. A public key is the path of a private key's file. False, with the
 * error printed: an unknown or repeated field. */
bool ctl_fields_write(struct ctl *ctl, const struct lbx_table *table, const char *const *words,
                      struct lbx_buf *out);

/* The value of the first word for the field; NULL: none. */
const char *ctl_field_value(const struct lbx_table *table, const char *name,
                            const char *const *words);

#endif

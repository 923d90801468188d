/* An event's data from FIELD=VALUE words, by the table that its readers read it by. */
#ifndef LOCKBOXCTL_FIELDS_H
#define LOCKBOXCTL_FIELDS_H

#include "command.h"

#include "event/payload.h"

/* Appends the words as the JSON object of `table`. A text, number, time, duration or name of a list
 * goes in as it stands; an object as its members' texts, commas between, in the table's order (the
 * last takes what is left), or as JSON; a list is a field given several times, and empty where it
 * is given once with nothing behind "=". A public key is the file of a private one. False, with the
 * words printed, where a word names no field, or one twice. */
bool ctl_fields_write(struct ctl *ctl, const struct lbx_table *table, const char *const *words,
                      struct lbx_buf *out);

/* The value of the first word that gives the field; NULL where none does. */
const char *ctl_field_value(const struct lbx_table *table, const char *name,
                            const char *const *words);

#endif

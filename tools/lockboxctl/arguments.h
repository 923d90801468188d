/* Options and arguments that several commands have. Each function prints an error on standard error. */
#ifndef LOCKBOXCTL_ARGUMENTS_H
#define LOCKBOXCTL_ARGUMENTS_H

#include "command.h"
#include "event/payload.h"

/* Reads an option's integer from least to most; fallback: its value where the option is absent.
 * False, with the error printed: not such a number. */
bool ctl_whole_number(const struct ctl *ctl, enum ctl_option option, int64_t least, int64_t most,
                      int64_t fallback, int64_t *ret_number);
static inline bool ctl_number(const struct ctl *ctl, enum ctl_option option, int64_t most,
                              int64_t fallback, int64_t *ret_number) {
    return ctl_whole_number(ctl, option, 1, most, fallback, ret_number);
}

/* Whether the first argument is a request's id. False, with the error printed: it is not. */
bool ctl_request_id_is_valid(const char *id);

/* Reads "ID,EMAIL[,NAME]" of --by; the name may have commas. False, with the error printed: not
 * of that form. */
bool ctl_read_by(struct ctl *ctl, struct lbx_principal *ret_by);

/* The same of who stands in an event that this program does not write: within the schema's limits. */
bool ctl_read_operator(struct ctl *ctl, struct lbx_principal *ret_by);

#endif

/* Options and arguments that several commands take. All say on standard error what is wrong. */
#ifndef LOCKBOXCTL_ARGUMENTS_H
#define LOCKBOXCTL_ARGUMENTS_H

#include "command.h"
#include "event/payload.h"

/* An option's whole number from least to most; fallback where the option was not given. False, with
 * the words printed, where it is none. */
bool ctl_whole_number(const struct ctl *ctl, enum ctl_option option, int64_t least, int64_t most,
                      int64_t fallback, int64_t *ret_number);
static inline bool ctl_number(const struct ctl *ctl, enum ctl_option option, int64_t most,
                              int64_t fallback, int64_t *ret_number) {
    return ctl_whole_number(ctl, option, 1, most, fallback, ret_number);
}

/* Whether the first argument is a request's id; says so where not. */
bool ctl_request_id_is_valid(const char *id);

/* Reads "ID,EMAIL[,NAME]", as --by gives it; a name may have commas. False, with the words printed,
 * where it is not that. */
bool ctl_read_by(struct ctl *ctl, struct lbx_principal *ret_by);

#endif

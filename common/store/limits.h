/* What settings mean to the rules. */
#ifndef LBX_STORE_LIMITS_H
#define LBX_STORE_LIMITS_H

#include "core/request.h"
#include "io/settings.h"

/* Reads the list that LOCKBOX_FORBIDDEN names, once for the process; to be called before lbx_limits_of. Says what is
 * wrong with a file that is no such list, and is LBX_ERR_INVALID then. */
enum lbx_err lbx_limits_check(const struct lbx_settings *settings) LBX_MUST_CHECK;

/* Borrowed from the settings. */
struct lbx_limits lbx_limits_of(const struct lbx_settings *settings);

#endif

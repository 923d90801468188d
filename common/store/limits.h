/* The settings that the rules take. */
#ifndef LBX_STORE_LIMITS_H
#define LBX_STORE_LIMITS_H

#include "core/request.h"
#include "io/settings.h"

/* Reads the file of LOCKBOX_FORBIDDEN, once for the process; to be called before lbx_limits_of.
 * LBX_ERR_INVALID: the file is malformed; logged. */
enum lbx_err lbx_limits_check(const struct lbx_settings *settings) LBX_MUST_CHECK;

/* The limits, borrowed from the settings. */
struct lbx_limits lbx_limits_of(const struct lbx_settings *settings);

#endif

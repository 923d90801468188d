/* What settings mean to the rules. */
#ifndef LBX_STORE_LIMITS_H
#define LBX_STORE_LIMITS_H

#include "core/request.h"
#include "io/settings.h"

/* Borrowed from the settings. */
struct lbx_limits lbx_limits_of(const struct lbx_settings *settings);

#endif

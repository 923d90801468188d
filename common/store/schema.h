/* Whether a database's schema fits this program.
 *
 * A program knows the scripts of schemas/db that it was built with. An older schema does not
 * fit, as statements may need more. A newer one fits if its schema_version.oldest_program says
 * so. */
#ifndef LBX_STORE_SCHEMA_H
#define LBX_STORE_SCHEMA_H

#include "io/pg.h"

#include <stdint.h>

/* The versions that this program was built with. */
extern const int64_t lbx_lockbox_schema_version, lbx_audit_schema_version;

enum lbx_schema_fit { LBX_SCHEMA_FITS, LBX_SCHEMA_OLDER, LBX_SCHEMA_NEWER };

/* *ret_found: the schema's version, 0 where there is none. No statement needs to be prepared. */
enum lbx_err lbx_schema_check(struct lbx_pg *pg, int64_t known, enum lbx_schema_fit *ret_fit,
                              int64_t *ret_found) LBX_MUST_CHECK;

/* Whether the operational database's bound of access is at least longest_us. */
enum lbx_err lbx_schema_bound_check(struct lbx_pg *pg, int64_t longest_us, bool *ret_fits)
    LBX_MUST_CHECK;

#endif

/* Whether a database's schema is one that this program knows.
 *
 * A program knows the scripts of schemas/db that it was built with. An older schema lacks what its
 * statements need. A newer one fits as long as it says so: schema_version.oldest_program.
 */
#ifndef LBX_STORE_SCHEMA_H
#define LBX_STORE_SCHEMA_H

#include "io/pg.h"

#include <stdint.h>

/* The versions that this program was built with. */
extern const int64_t lbx_lockbox_schema_version, lbx_audit_schema_version;

enum lbx_schema_fit { LBX_SCHEMA_FITS, LBX_SCHEMA_OLDER, LBX_SCHEMA_NEWER };

/* *ret_found: the schema's version, 0 where there is none, or one from before it said which. The
 * connection needs none of its statements prepared. */
enum lbx_err lbx_schema_check(struct lbx_pg *pg, int64_t known, enum lbx_schema_fit *ret_fit,
                              int64_t *ret_found) LBX_MUST_CHECK;

/* Whether the database lets access last as long as that; of the operational database only. */
enum lbx_err lbx_schema_bound_check(struct lbx_pg *pg, int64_t longest_us, bool *ret_fits)
    LBX_MUST_CHECK;

#endif

/* What fields.c and envelope.c share, so that an event is parsed once for its envelope and its data.
 * Nobody else includes this: outside common/event there is no JSON value. */
#ifndef LBX_EVENT_FIELDS_JSON_H
#define LBX_EVENT_FIELDS_JSON_H

#include "base/cleanup.h"
#include "json/fields.h"

#include <jansson.h>

LBX_DEFINE_CLEANUP(json_t *, json, json_decref)
#define LBX_JSON LBX_CLEANUP(lbx_cleanup_json)

/* NULL, with *ret_reason set, where bytes are not one JSON value. The caller releases the result. */
json_t *lbx_json_parse(const char *bytes, size_t len, struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* As lbx_fields_read and lbx_fields_glean, on a value already parsed; NULL is no value. */
enum lbx_err lbx_json_read(const struct lbx_table *table, const json_t *value, const char *at,
                           struct lbx_arena *arena, void *ret_struct, struct lbx_reason *ret_reason)
    LBX_MUST_CHECK;
/* What lbx_fields_recall asks where lbx_recall does not answer. */
enum lbx_err lbx_json_recall(const struct lbx_table *table, const char *bytes, size_t len,
                             struct lbx_arena *arena, void *ret_struct,
                             struct lbx_reason *ret_reason) LBX_MUST_CHECK;
void lbx_json_glean(const struct lbx_table *table, const json_t *value, struct lbx_arena *arena,
                    void *ret_struct);

#endif

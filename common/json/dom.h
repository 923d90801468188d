/* The part of the JSON reader that uses jansson. Internal to common/json. */
#ifndef LBX_JSON_DOM_H
#define LBX_JSON_DOM_H

#include "base/cleanup.h"
#include "json/scalar.h"

#include <jansson.h>

LBX_DEFINE_CLEANUP(json_t *, json, json_decref)
#define LBX_JSON LBX_CLEANUP(lbx_cleanup_json)

/* Parses text. NULL, with *ret_reason set: not one JSON value, or a member twice. The caller
 * releases the result. */
json_t *lbx_dom_parse(const char *text, size_t len, struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* Reads a parsed value (NULL: none) by the table into `into`, which is zeroed. False, with the reader's
 * reason set: against the table. In mode LBX_JSON_PARTIAL false means that the value is no object. */
bool lbx_dom_read(const struct lbx_reader *reader, const struct lbx_table *table,
                  const json_t *value, void *into);

/* lbx_json_read_value without jansson. False: jansson would be needed, and *ret_struct is
 * unspecified. For the tests that compare the two readers. */
bool lbx_json_read_text(const struct lbx_table *table, const char *text, size_t len,
                        enum lbx_json_mode mode, struct lbx_arena *arena, void *ret_struct)
    LBX_MUST_CHECK;

#endif

/* jansson's side of the reader: only common/json sees a parsed JSON value. */
#ifndef LBX_JSON_DOM_H
#define LBX_JSON_DOM_H

#include "base/cleanup.h"
#include "json/scalar.h"

#include <jansson.h>

LBX_DEFINE_CLEANUP(json_t *, json, json_decref)
#define LBX_JSON LBX_CLEANUP(lbx_cleanup_json)

/* NULL, with *ret_reason set, where text is not one JSON value or has a member twice. The caller
 * releases the result. */
json_t *lbx_dom_parse(const char *text, size_t len, struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* Reads a parsed value (NULL: none) by the table into `into`, which is zeroed; false with the
 * reader's reason set. In mode LBX_JSON_PARTIAL false says that the value is no object. */
bool lbx_dom_read(const struct lbx_reader *reader, const struct lbx_table *table,
                  const json_t *value, void *into);

/* lbx_json_read_value without jansson: false where it would be asked, and *ret_struct is then
 * unspecified. Apart for the tests that compare the two. */
bool lbx_json_read_text(const struct lbx_table *table, const char *text, size_t len,
                        enum lbx_json_mode mode, struct lbx_arena *arena, void *ret_struct)
    LBX_MUST_CHECK;

#endif

/* Reads parsed JSON values (jansson's) by tables, and says what is wrong with a text or a value.
 * The recursion is bounded by the tables' depth, never by the input's: a member that no table names
 * is not looked at. jansson caps nesting while parsing, but not while dumping or comparing, so a
 * value from outside is never dumped or compared. */
#include "json/dom.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the process when memory runs out (base/memory.h); jansson would call the input bad. */
__attribute__((constructor)) static void set_alloc(void) {
    json_set_alloc_funcs(lbx_malloc, free);
}

json_t *lbx_dom_parse(const char *text, size_t len, struct lbx_reason *ret_reason) {
    json_error_t error;
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (value)
        return value;
    const char *what;
    /* jansson's own message may quote the input. The default covers codes that jansson may add. */
    switch (json_error_code(&error)) {
    case json_error_duplicate_key:
        what = "a member twice in one object";
        break;
    case json_error_invalid_utf8:
        what = "not UTF-8";
        break;
    case json_error_null_character:
    case json_error_null_byte_in_key:
        what = "a NUL in a string";
        break;
    case json_error_numeric_overflow:
        what = "a number too large";
        break;
    case json_error_stack_overflow:
        what = "nested too deeply";
        break;
    default:
        what = "not JSON";
        break;
    }
    (void)snprintf(ret_reason->text, sizeof ret_reason->text, "value: %s (line %d, column %d)",
                   what, error.line, error.column);
    return NULL;
}

static bool read_text(const struct lbx_reader *r, const struct lbx_place *place,
                      const struct lbx_field *field, const json_t *value, const char **ret_text) {
    /* The parser has refused NUL and ill-formed UTF-8. */
    return json_is_string(value) ? lbx_scalar_text(r, place, field, json_string_value(value),
                                                   json_string_length(value), ret_text)
                                 : lbx_reader_wrong(r, place, "not a string");
}

static bool read_int(const struct lbx_reader *r, const struct lbx_place *place,
                     const struct lbx_field *field, const json_t *value, int64_t *ret_int) {
    return json_is_integer(value)
               ? lbx_scalar_int(r, place, field, json_integer_value(value), ret_int)
               : lbx_reader_wrong(r, place, "not an integer");
}

static bool read_object(const struct lbx_reader *r, const struct lbx_place *place,
                        const struct lbx_table *table, const json_t *value, char *into);

static bool read_list(const struct lbx_reader *r, const struct lbx_place *place,
                      const struct lbx_field *field, const json_t *value, char *into) {
    if (!json_is_array(value))
        return lbx_reader_wrong(r, place, "not a list");
    size_t count = json_array_size(value);
    if (count < (size_t)field->min_items && count == 0)
        return lbx_reader_wrong(r, place, "empty");
    if (count < (size_t)field->min_items)
        return lbx_reader_wrong(r, place, "fewer than %" PRId64 " items", field->min_items);
    if (count > (size_t)field->max_items)
        return lbx_reader_wrong(r, place, "more than %" PRId64 " items", field->max_items);

    const size_t size = lbx_scalar_item_size(field);
    char *items = lbx_arena_alloc(r->arena, count * size);
    for (size_t i = 0; i < count; i++) {
        const struct lbx_place item_place = {.up = place, .index = i};
        const json_t *item = json_array_get(value, i);
        void *item_into = items + i * size;
        bool ok;
        if (field->item == LBX_T_OBJECT)
            ok = read_object(r, &item_place, field->of, item, item_into);
        else if (field->item == LBX_T_INT)
            ok = read_int(r, &item_place, field, item, item_into);
        else
            ok = read_text(r, &item_place, field, item, item_into);
        if (!ok)
            return false;
    }
    *(void **)(into + field->offset) = items;
    *(size_t *)(into + field->count_offset) = count;
    return true;
}

static bool read_field(const struct lbx_reader *r, const struct lbx_place *place,
                       const struct lbx_field *field, const json_t *value, char *into) {
    void *at = into + field->offset;
    switch (field->type) {
    case LBX_T_TEXT:
        return read_text(r, place, field, value, at);
    case LBX_T_INT:
        return read_int(r, place, field, value, at);
    case LBX_T_BOOL:
        if (!json_is_boolean(value))
            return lbx_reader_wrong(r, place, "not true or false");
        *(bool *)at = json_is_true(value);
        return true;
    case LBX_T_TIME:
        return lbx_scalar_time(r, place, json_string_value(value), at);
    case LBX_T_DURATION:
        return lbx_scalar_duration(r, place, field, json_string_value(value), at);
    case LBX_T_ENUM:
        return lbx_scalar_enum(r, place, field, json_string_value(value), at);
    case LBX_T_OBJECT:
        return read_object(r, place, field->of, value, at);
    case LBX_T_LIST:
        return read_list(r, place, field, value, into);
    case LBX_T_JSON:
        *(struct lbx_json *)at = (struct lbx_json){.parsed = value};
        return true;
    }
    assert(false);
    return false;
}

static bool read_object(const struct lbx_reader *r, const struct lbx_place *place,
                        const struct lbx_table *table, const json_t *value, char *into) {
    if (!json_is_object(value))
        return lbx_reader_wrong(r, place, "not an object");
    for (size_t i = 0; i < table->count; i++) {
        const struct lbx_field *field = &table->fields[i];
        const struct lbx_place member = {.up = place, .name = field->name};
        const json_t *found = json_object_get(value, field->name);
        bool null = json_is_null(found);
        bool ok = true;
        if (found && !null)
            ok = read_field(r, &member, field, found, into);
        else if (field->required && !(null && field->nullable))
            ok = lbx_reader_wrong(r, &member, "missing");
        if (!ok && r->mode != LBX_JSON_PARTIAL)
            return false;
    }
    return true;
}

bool lbx_dom_read(const struct lbx_reader *reader, const struct lbx_table *table,
                  const json_t *value, void *into) {
    return read_object(reader, NULL, table, value, into);
}

/* Reads jansson's parsed values by tables, and gives the reason where a text or a value is
 * wrong. Promises recursion only as deep as the tables: members without a row are not read.
 * jansson bounds nesting when it parses, but not when it dumps or compares, so input is never
 * dumped or compared. Fails with a reason. */
#include "json/dom.h"
#include "json/canonical.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Allocates by base/memory.h, which ends the process without memory; jansson would report invalid input instead. */
__attribute__((constructor)) static void set_alloc(void) {
    json_set_alloc_funcs(lbx_malloc, free);
}

/* ---- numbers that PostgreSQL's jsonb refuses ---- */

enum { SCALE_MAX = 16383 }; /* of a numeric, src/backend/utils/adt/numeric.c */

static size_t digits(const char **at, const char *end) {
    const char *first = *at;
    while (*at < end && **at >= '0' && **at <= '9')
        ++*at;
    return (size_t)(*at - first);
}

/* The value of `count` digits; INT32_MAX: more than nine. The text may continue behind them. */
static int64_t value_of(const char *at, size_t count) {
    int64_t value = 0;
    if (count > 9)
        return INT32_MAX;
    for (size_t i = 0; i < count; i++)
        value = value * 10 + (at[i] - '0');
    return value;
}

/* Skips a number of well-formed JSON. Returns how many digits it has behind the point. */
static int64_t pass_number(const char **at, const char *end) {
    int64_t scale = 0;
    *at += **at == '-';
    (void)digits(at, end);
    if (*at < end && **at == '.') {
        ++*at;
        scale = (int64_t)digits(at, end);
    }
    if (*at < end && (**at == 'e' || **at == 'E')) {
        const bool negative = *++*at == '-';
        *at += **at == '-' || **at == '+';
        const char *first = *at;
        const int64_t exponent = value_of(first, digits(at, end));
        scale += negative ? exponent : -exponent;
    }
    return scale;
}

static const char *past_string(const char *at, const char *end) {
    while (at < end && *at != '"')
        at += *at == '\\' ? 2 : 1;
    return at + 1;
}

/* Whether jsonb accepts every number of well-formed JSON: jansson reads 1e-20000 as 0. */
static bool numbers_fit(const char *text, size_t len) {
    const char *at = text, *end = text + len;
    while (at < end)
        if (*at == '"')
            at = past_string(at + 1, end);
        else if (*at != '-' && (*at < '0' || *at > '9'))
            at++;
        else if (pass_number(&at, end) > SCALE_MAX)
            return false;
    return true;
}

static json_t *refuse_numbers(json_t *value, struct lbx_reason *ret_reason) {
    json_decref(value);
    (void)snprintf(ret_reason->text, sizeof ret_reason->text,
                   "value: a number with more than %d digits behind the point", SCALE_MAX);
    return NULL;
}

json_t *lbx_dom_parse(const char *text, size_t len, struct lbx_reason *ret_reason) {
    json_error_t error;
    json_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (value)
        return numbers_fit(text, len) ? value : refuse_numbers(value, ret_reason);
    const char *what;
    /* jansson's message may quote the input. The default is for codes of later versions of jansson. */
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
    /* the parser refused NUL and ill-formed UTF-8 */
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

static bool read_canonical(const struct lbx_reader *r, const struct lbx_place *place,
                           const struct lbx_field *field, const json_t *value,
                           const char **ret_text) {
    struct lbx_buf text LBX_BUF = {0};
    const char *why = "";
    if (!lbx_canonical_add(lbx_node_of(value, r->arena), &text, &why))
        return lbx_reader_wrong(r, place, "%s", why);
    if (text.len > (size_t)field->max)
        return lbx_reader_wrong(r, place, "longer than %" PRId64 " bytes", field->max);
    *ret_text = lbx_arena_memdup(r->arena, text.data, text.len);
    return true;
}

static bool read_object(const struct lbx_reader *r, const struct lbx_place *place,
                        const struct lbx_table *table, const json_t *value, char *into);

/* The elements of a list, or the members of an object in order. */
struct items {
    const json_t *all;
    void *at;
    size_t index;
};

static const json_t *next_item(struct items *items) {
    json_t *all = (json_t *)items->all;
    if (json_is_array(all))
        return json_array_get(all, items->index++);
    items->at = items->index++ ? json_object_iter_next(all, items->at) : json_object_iter(all);
    return json_object_iter_value(items->at);
}

static bool read_list(const struct lbx_reader *r, const struct lbx_place *place,
                      const struct lbx_field *field, const json_t *value, char *into) {
    if (field->by_name ? !json_is_object(value) : !json_is_array(value))
        return lbx_reader_wrong(r, place, field->by_name ? "not an object" : "not a list");
    size_t count = field->by_name ? json_object_size(value) : json_array_size(value);
    if (count < (size_t)field->min_items && count == 0)
        return lbx_reader_wrong(r, place, "empty");
    if (count < (size_t)field->min_items)
        return lbx_reader_wrong(r, place, "fewer than %" PRId64 " items", field->min_items);
    if (count > (size_t)field->max_items)
        return lbx_reader_wrong(r, place, "more than %" PRId64 " items", field->max_items);

    const size_t size = lbx_scalar_item_size(field);
    char *items = lbx_arena_alloc(r->arena, count * size);
    struct items from = {.all = value};
    for (size_t i = 0; i < count; i++) {
        const struct lbx_place item_place = {.up = place, .index = i};
        const json_t *item = next_item(&from);
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
        return field->of && json_is_object(value)
                   ? read_object(r, place, field->of, value, into + field->object_offset)
                   : read_text(r, place, field, value, at);
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
    case LBX_T_CANONICAL:
        return read_canonical(r, place, field, value, at);
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
        if (!ok && r->mode != LBX_JSON_PARTIAL && !field->lenient)
            return false;
    }
    return true;
}

bool lbx_dom_read(const struct lbx_reader *reader, const struct lbx_table *table,
                  const json_t *value, void *into) {
    return read_object(reader, NULL, table, value, into);
}

/* ---- members that no table names ---- */

static bool is_known(const struct lbx_reader *r, const struct lbx_place *place,
                     const struct lbx_table *table, const json_t *value);

static const struct lbx_field *field_of(const struct lbx_table *table, const char *name) {
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->fields[i].name, name) == 0)
            return &table->fields[i];
    return NULL;
}

static bool are_items_known(const struct lbx_reader *r, const struct lbx_place *place,
                            const struct lbx_table *table, const json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const struct lbx_place item = {.up = place, .index = i};
        if (!is_known(r, &item, table, json_array_get(list, i)))
            return false;
    }
    return true;
}

static bool is_known(const struct lbx_reader *r, const struct lbx_place *place,
                     const struct lbx_table *table, const json_t *value) {
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)value, name, member) {
        const struct lbx_field *field = field_of(table, name);
        if (!field)
            return lbx_reader_wrong(r, place, "a member that is not known");
        const struct lbx_place at = {.up = place, .name = field->name};
        if (field->of &&
            !(field->type == LBX_T_LIST ? are_items_known : is_known)(r, &at, field->of, member))
            return false;
    }
    return true;
}

bool lbx_json_is_known(const struct lbx_table *table, const char *text, size_t len,
                       struct lbx_reason *ret_reason) {
    json_t *value LBX_JSON = lbx_dom_parse(text, len, ret_reason);
    const struct lbx_reader reader = {.reason = ret_reason, .at = ""};
    return value && is_known(&reader, NULL, table, value);
}

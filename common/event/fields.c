/* Reading by tables. The recursion is bounded by the tables' depth, never by the
 * input's: what no table names is not looked at. (jansson caps nesting while parsing, but not while
 * dumping or comparing, so neither is ever done to a value from outside.) */
#include "event/fields.h"

#include "base/email.h"
#include "base/utf8.h"
#include "event/fields_json.h"
#include "event/time.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reasons ---- */

/* Where the reader stands: a chain on the stack, spelled out only when something is wrong. */
struct place {
    const struct place *up;
    const char *name; /* NULL: an item of a list */
    size_t index;
};

struct reader {
    struct lbx_arena *arena;
    const char *at;
    struct lbx_reason *reason; /* NULL: gleaning, nobody asks why */
    bool recalls; /* what we wrote ourselves: formats were checked at the door of that day */
};

/* Adds to a text of fixed size; what does not fit is cut off. */
__attribute__((format(printf, 2, 3))) static void add(struct lbx_reason *reason, const char *format,
                                                      ...) {
    size_t used = strlen(reason->text);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(reason->text + used, sizeof reason->text - used, format, args);
    va_end(args);
}

static void add_pointer(struct lbx_reason *reason, const struct place *place) {
    if (!place)
        return;
    add_pointer(reason, place->up);
    add(reason, "/");
    if (!place->name)
        add(reason, "%zu", place->index);
    for (const char *c = place->name; c && *c; c++)
        if (*c == '~')
            add(reason, "~0");
        else if (*c == '/')
            add(reason, "~1");
        else
            add(reason, "%c", *c);
}

/* Always false, so that a reader can return it. */
__attribute__((format(printf, 3, 4))) static bool
wrong(const struct reader *r, const struct place *place, const char *format, ...) {
    if (!r->reason)
        return false;
    r->reason->text[0] = '\0';
    add(r->reason, "%s", r->at[0] || place ? r->at : "value");
    add_pointer(r->reason, place);
    add(r->reason, ": ");
    size_t used = strlen(r->reason->text);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(r->reason->text + used, sizeof r->reason->text - used, format, args);
    va_end(args);
    return false;
}

/* ---- reading ---- */

/* Running out of memory ends the process (base/arena.h); jansson would call the input bad. */
static void *alloc_or_end(size_t size) {
    void *at = malloc(size);
    if (!at && size > 0) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return at;
}

__attribute__((constructor)) static void set_alloc(void) {
    json_set_alloc_funcs(alloc_or_end, free);
}

json_t *lbx_json_parse(const char *bytes, size_t len, struct lbx_reason *ret_reason) {
    json_error_t error;
    json_t *value = json_loadb(bytes, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (value)
        return value;
    const char *what;
    /* jansson's own text may quote the input. A switch with a default: the list is jansson's. */
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

static bool read_text(const struct reader *r, const struct place *place,
                      const struct lbx_field *field, const json_t *value, const char **ret_text) {
    if (!json_is_string(value))
        return wrong(r, place, "not a string");
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    /* jansson has refused NUL and ill-formed UTF-8 while parsing. */
    int64_t size = (int64_t)(field->characters ? lbx_utf8_chars(text, len) : len);
    const char *unit = field->characters ? "characters" : "bytes";
    if (size < field->min && size == 0)
        return wrong(r, place, "empty");
    if (size < field->min)
        return wrong(r, place, "shorter than %" PRId64 " %s", field->min, unit);
    if (size > field->max)
        return wrong(r, place, "longer than %" PRId64 " %s", field->max, unit);
    const char *bad =
        field->format == LBX_FMT_EMAIL && !r->recalls ? lbx_email_check(text, len) : NULL;
    if (bad)
        return wrong(r, place, "not an e-mail address: %s", bad);
    *ret_text = lbx_arena_memdup(r->arena, text, len);
    return true;
}

static bool read_int(const struct reader *r, const struct place *place,
                     const struct lbx_field *field, const json_t *value, int64_t *ret_int) {
    if (!json_is_integer(value))
        return wrong(r, place, "not an integer");
    int64_t number = json_integer_value(value);
    if (number < field->min || number > field->max)
        return wrong(r, place, "not between %" PRId64 " and %" PRId64, field->min, field->max);
    *ret_int = number;
    return true;
}

static bool read_time(const struct reader *r, const struct place *place, const json_t *value,
                      int64_t *ret_us) {
    const char *text = json_string_value(value);
    if (!text)
        return wrong(r, place, "not a string");
    if (strchr(text, ' ') || lbx_time_parse(text, ret_us) != LBX_OK)
        return wrong(r, place, "not an RFC 3339 time from 1970 to 9999");
    return true;
}

static bool read_duration(const struct reader *r, const struct place *place,
                          const struct lbx_field *field, const json_t *value, int64_t *ret_us) {
    const char *text = json_string_value(value);
    int64_t us = LBX_DURATION_BEYOND;
    if (!text)
        return wrong(r, place, "not a string");
    if (lbx_duration_parse(text, &us) == LBX_ERR_INVALID)
        return wrong(r, place, "not an ISO 8601 duration of weeks, days or time");
    char bound[LBX_DURATION_SIZE];
    if (us < field->min) {
        lbx_duration_format(field->min, bound);
        return wrong(r, place, "shorter than %s", bound);
    }
    if (field->max && us > field->max) {
        lbx_duration_format(field->max, bound);
        return wrong(r, place, "longer than %s", bound);
    }
    *ret_us = us;
    return true;
}

static bool read_enum(const struct reader *r, const struct place *place,
                      const struct lbx_field *field, const json_t *value, int *ret_index) {
    const char *text = json_string_value(value);
    if (!text)
        return wrong(r, place, "not a string");
    for (int i = 1; field->names[i]; i++)
        if (strcmp(text, field->names[i]) == 0) {
            *ret_index = i;
            return true;
        }
    (void)wrong(r, place, "not one of");
    for (int i = 1; r->reason && field->names[i]; i++)
        add(r->reason, "%s %s", i > 1 ? "," : "", field->names[i]);
    return false;
}

static bool read_object(const struct reader *r, const struct place *place,
                        const struct lbx_table *table, const json_t *value, char *into);

static bool read_list(const struct reader *r, const struct place *place,
                      const struct lbx_field *field, const json_t *value, char *into) {
    if (!json_is_array(value))
        return wrong(r, place, "not a list");
    size_t count = json_array_size(value);
    if (count < (size_t)field->min_items && count == 0)
        return wrong(r, place, "empty");
    if (count < (size_t)field->min_items)
        return wrong(r, place, "fewer than %" PRId64 " items", field->min_items);
    if (count > (size_t)field->max_items)
        return wrong(r, place, "more than %" PRId64 " items", field->max_items);

    size_t size = field->item == LBX_T_OBJECT ? field->of->size
                  : field->item == LBX_T_INT  ? sizeof(int64_t)
                                              : sizeof(const char *);
    char *items = lbx_arena_alloc(r->arena, count * size);
    for (size_t i = 0; i < count; i++) {
        const struct place item_place = {.up = place, .index = i};
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

static bool read_field(const struct reader *r, const struct place *place,
                       const struct lbx_field *field, const json_t *value, char *into) {
    void *at = into + field->offset;
    switch (field->type) {
    case LBX_T_TEXT:
        return read_text(r, place, field, value, at);
    case LBX_T_INT:
        return read_int(r, place, field, value, at);
    case LBX_T_BOOL:
        if (!json_is_boolean(value))
            return wrong(r, place, "not true or false");
        *(bool *)at = json_is_true(value);
        return true;
    case LBX_T_TIME:
        return read_time(r, place, value, at);
    case LBX_T_DURATION:
        return read_duration(r, place, field, value, at);
    case LBX_T_ENUM:
        return read_enum(r, place, field, value, at);
    case LBX_T_OBJECT:
        return read_object(r, place, field->of, value, at);
    case LBX_T_LIST:
        return read_list(r, place, field, value, into);
    }
    assert(false);
    return false;
}

/* `into` is zeroed by the caller. Gleaning, a member that breaks its row stays absent and the others
 * are still read. */
static bool read_object(const struct reader *r, const struct place *place,
                        const struct lbx_table *table, const json_t *value, char *into) {
    if (!json_is_object(value))
        return wrong(r, place, "not an object");
    for (size_t i = 0; i < table->count; i++) {
        const struct lbx_field *field = &table->fields[i];
        const struct place member = {.up = place, .name = field->name};
        const json_t *found = json_object_get(value, field->name);
        bool null = json_is_null(found);
        bool ok = true;
        if (found && !null)
            ok = read_field(r, &member, field, found, into);
        else if (field->required && !(null && field->nullable))
            ok = wrong(r, &member, "missing");
        if (!ok && r->reason)
            return false;
    }
    return true;
}

static enum lbx_err read_whole(const struct reader *r, const struct lbx_table *table,
                               const json_t *value, void *ret_struct) {
    memset(ret_struct, 0, table->size);
    return read_object(r, NULL, table, value, ret_struct) ? LBX_OK : LBX_ERR_INVALID;
}

enum lbx_err lbx_json_read(const struct lbx_table *table, const json_t *value, const char *at,
                           struct lbx_arena *arena, void *ret_struct,
                           struct lbx_reason *ret_reason) {
    const struct reader r = {.arena = arena, .at = at, .reason = ret_reason};
    return read_whole(&r, table, value, ret_struct);
}

void lbx_json_glean(const struct lbx_table *table, const json_t *value, struct lbx_arena *arena,
                    void *ret_struct) {
    const struct reader r = {.arena = arena, .at = ""};
    memset(ret_struct, 0, table->size);
    (void)read_object(&r, NULL, table, value, ret_struct);
}

enum lbx_err lbx_fields_read(const struct lbx_table *table, const char *bytes, size_t len,
                             const char *at, struct lbx_arena *arena, void *ret_struct,
                             struct lbx_reason *ret_reason) {
    json_t *value LBX_JSON = lbx_json_parse(bytes, len, ret_reason);
    return value ? lbx_json_read(table, value, at, arena, ret_struct, ret_reason) : LBX_ERR_INVALID;
}

enum lbx_err lbx_fields_recall(const struct lbx_table *table, const char *bytes, size_t len,
                               struct lbx_arena *arena, void *ret_struct,
                               struct lbx_reason *ret_reason) {
    json_t *value LBX_JSON = lbx_json_parse(bytes, len, ret_reason);
    const struct reader r = {.arena = arena, .at = "", .reason = ret_reason, .recalls = true};
    return value ? read_whole(&r, table, value, ret_struct) : LBX_ERR_INVALID;
}

bool lbx_fields_glean(const struct lbx_table *table, const char *bytes, size_t len,
                      struct lbx_arena *arena, void *ret_struct) {
    struct lbx_reason ignored;
    json_t *value LBX_JSON = lbx_json_parse(bytes, len, &ignored);
    lbx_json_glean(table, value, arena, ret_struct);
    return json_is_object(value);
}

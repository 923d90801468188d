/* Reads JSON text by tables, in one pass; dom.c reads what the pass refuses. Promises the result
 * that dom.c would give. Fails with dom.c's reason. */
#include "json/read.h"

#include "json/canonical.h"
#include "json/dom.h"
#include "json/scan.h"

#include <assert.h>
#include <string.h>

struct text_reader {
    struct lbx_scan scan;
    struct lbx_reader reader; /* writes no reason */
};

enum { FIELDS_MAX = 64, ITEMS_AT_FIRST = 4, WORD_SIZE = 64 };

/* ---- strings ---- */

static bool read_text(struct text_reader *r, const struct lbx_field *field, const char **ret_text) {
    struct lbx_scan_text text;
    if (!lbx_scan_take(&r->scan, '"') || !lbx_scan_string(&r->scan, &text))
        return false;
    if (text.plain)
        return lbx_scalar_text(&r->reader, NULL, field, text.at, text.len, ret_text);
    char *plain = lbx_arena_alloc(r->reader.arena, text.len + 1);
    size_t len = lbx_scan_decode(&text, plain);
    return lbx_scalar_text(&r->reader, NULL, field, plain, len, ret_text);
}

/* A time, duration or name, NUL-terminated: in `small` if it fits, else in the arena. NULL: the
 * value is no string. */
static const char *read_word(struct text_reader *r, char small[WORD_SIZE]) {
    struct lbx_scan_text text;
    if (!lbx_scan_take(&r->scan, '"') || !lbx_scan_string(&r->scan, &text))
        return NULL;
    char *to = text.len < WORD_SIZE ? small : lbx_arena_alloc(r->reader.arena, text.len + 1);
    (void)lbx_scan_decode(&text, to);
    return to;
}

/* ---- values ---- */

static bool read_object(struct text_reader *r, const struct lbx_table *table, char *into);

static bool read_int(struct text_reader *r, const struct lbx_field *field, int64_t *ret_int) {
    int64_t number;
    lbx_scan_space(&r->scan);
    return lbx_scan_integer(&r->scan, &number) &&
           lbx_scalar_int(&r->reader, NULL, field, number, ret_int);
}

static bool read_bool(struct text_reader *r, bool *ret_bool) {
    lbx_scan_space(&r->scan);
    *ret_bool = lbx_scan_word(&r->scan, "true");
    return *ret_bool || lbx_scan_word(&r->scan, "false");
}

static bool read_item(struct text_reader *r, const struct lbx_field *field, void *into) {
    return field->item == LBX_T_OBJECT ? read_object(r, field->of, into)
           : field->item == LBX_T_INT  ? read_int(r, field, into)
                                       : read_text(r, field, into);
}

/* Makes room for one more item, zeroed. */
static char *grow(struct text_reader *r, char *items, size_t size, size_t count, size_t *room) {
    if (count < *room)
        return items;
    *room = *room ? *room * 2 : ITEMS_AT_FIRST;
    char *more = lbx_arena_alloc(r->reader.arena, *room * size);
    if (count > 0)
        memcpy(more, items, count * size);
    return more;
}

/* Reads from behind the opening bracket or brace. */
static bool read_items(struct text_reader *r, const struct lbx_field *field, char **ret_items,
                       size_t *ret_count) {
    const size_t size = lbx_scalar_item_size(field);
    struct lbx_scan_object object = lbx_scan_object_begin(&r->scan);
    const char end = field->by_name ? '}' : ']';
    struct lbx_scan_text name;
    size_t room = 0, count = 0;
    char *items = grow(r, NULL, size, 0, &room);
    if (!lbx_scan_take(&r->scan, end)) {
        do {
            if (count == (size_t)field->max_items)
                return false;
            items = grow(r, items, size, count, &room);
            if ((field->by_name && !lbx_scan_key(&r->scan, &object, &name)) ||
                !read_item(r, field, items + size * count++))
                return false;
        } while (lbx_scan_take(&r->scan, ','));
        if (!lbx_scan_take(&r->scan, end))
            return false;
    }
    lbx_scan_object_end(&r->scan, &object);
    *ret_items = items;
    *ret_count = count;
    return count >= (size_t)field->min_items;
}

static bool read_list(struct text_reader *r, const struct lbx_field *field, char *into) {
    char *items;
    size_t count;
    if (!lbx_scan_take(&r->scan, field->by_name ? '{' : '['))
        return false;
    bool good = lbx_scan_enter(&r->scan) && read_items(r, field, &items, &count);
    lbx_scan_leave(&r->scan);
    if (good) {
        *(void **)(into + field->offset) = items;
        *(size_t *)(into + field->count_offset) = count;
    }
    return good;
}

/* Takes the text of any well-formed value. */
static bool read_json(struct text_reader *r, struct lbx_json *ret_value) {
    lbx_scan_space(&r->scan);
    const char *first = r->scan.at;
    if (!lbx_scan_past(&r->scan))
        return false;
    *ret_value = (struct lbx_json){.text = first, .len = (size_t)(r->scan.at - first)};
    return true;
}

/* Reads a value as canonical JSON. After a failure jansson gives the reason. */
static bool read_canonical(struct text_reader *r, const struct lbx_field *field,
                           const char **ret_text) {
    struct lbx_json found;
    struct lbx_node value;
    struct lbx_buf text LBX_BUF = {0};
    const char *why;
    if (!read_json(r, &found) ||
        !lbx_node_parse_text(found.text, found.len, r->reader.arena, &value) ||
        !lbx_canonical_add(&value, &text, &why) || text.len > (size_t)field->max)
        return false;
    *ret_text = lbx_arena_memdup(r->reader.arena, text.data, text.len);
    return true;
}

static bool read_field(struct text_reader *r, const struct lbx_field *field, char *into) {
    void *at = into + field->offset;
    char word[WORD_SIZE];
    switch (field->type) {
    case LBX_T_TEXT:
        return field->of && lbx_scan_is_next(&r->scan, '{')
                   ? read_object(r, field->of, into + field->object_offset)
                   : read_text(r, field, at);
    case LBX_T_INT:
        return read_int(r, field, at);
    case LBX_T_BOOL:
        return read_bool(r, at);
    case LBX_T_TIME:
        return lbx_scalar_time(&r->reader, NULL, read_word(r, word), at);
    case LBX_T_DURATION:
        return lbx_scalar_duration(&r->reader, NULL, field, read_word(r, word), at);
    case LBX_T_ENUM:
        return lbx_scalar_enum(&r->reader, NULL, field, read_word(r, word), at);
    case LBX_T_OBJECT:
        return read_object(r, field->of, at);
    case LBX_T_LIST:
        return read_list(r, field, into);
    case LBX_T_CANONICAL:
        return read_canonical(r, field, at);
    case LBX_T_JSON:
        return read_json(r, at);
    }
    assert(false);
    return false;
}

/* ---- objects ---- */

static bool is_named(const struct lbx_field *field, const struct lbx_scan_text *key) {
    return field->name[0] == key->at[0] && strncmp(field->name, key->at, key->len) == 0 &&
           field->name[key->len] == '\0';
}

/* The row of a member; table->count: none. The search begins behind the previous member's row, which most often is the right one. */
static size_t find_row(const struct lbx_table *table, size_t from,
                       const struct lbx_scan_text *key) {
    for (size_t i = 0; i < table->count; i++, from++) {
        from = from < table->count ? from : 0;
        if (is_named(&table->fields[from], key))
            return from;
    }
    return table->count;
}

/* Rows that had a value, and rows that had null: a bit each. */
struct seen {
    uint64_t value, null;
};

/* Reads a value. In mode LBX_JSON_PARTIAL, and for lenient rows, a well-formed value that breaks its row is skipped. */
static bool read_value(struct text_reader *r, const struct lbx_field *field, char *into) {
    const char *const first = r->scan.at;
    if (read_field(r, field, into))
        return true;
    if (r->reader.mode != LBX_JSON_PARTIAL && !field->lenient)
        return false;
    r->scan.at = first;
    return lbx_scan_past(&r->scan);
}

static bool read_member(struct text_reader *r, const struct lbx_table *table, size_t row,
                        char *into, struct seen *seen) {
    if (row == table->count)
        return lbx_scan_past(&r->scan);
    lbx_scan_space(&r->scan);
    if (lbx_scan_word(&r->scan, "null")) {
        seen->null |= UINT64_C(1) << row;
        return true;
    }
    seen->value |= UINT64_C(1) << row;
    return read_value(r, &table->fields[row], into);
}

static bool is_complete(const struct lbx_table *table, const struct seen *seen) {
    for (size_t i = 0; i < table->count; i++) {
        const struct lbx_field *field = &table->fields[i];
        const uint64_t there = seen->value | (field->nullable ? seen->null : 0);
        if (field->required && !(there >> i & 1))
            return false;
    }
    return true;
}

static bool read_members(struct text_reader *r, const struct lbx_table *table, char *into) {
    struct lbx_scan_object object = lbx_scan_object_begin(&r->scan);
    struct seen seen = {0};
    struct lbx_scan_text key;
    size_t row = 0;
    if (!lbx_scan_take(&r->scan, '}')) {
        do {
            if (!lbx_scan_key(&r->scan, &object, &key))
                return false;
            size_t found = find_row(table, row, &key);
            if (!read_member(r, table, found, into, &seen))
                return false;
            row = found < table->count ? found + 1 : row;
        } while (lbx_scan_take(&r->scan, ','));
        if (!lbx_scan_take(&r->scan, '}'))
            return false;
    }
    lbx_scan_object_end(&r->scan, &object);
    return r->reader.mode == LBX_JSON_PARTIAL || is_complete(table, &seen);
}

static bool read_object(struct text_reader *r, const struct lbx_table *table, char *into) {
    assert(table->count <= FIELDS_MAX);
    if (!lbx_scan_take(&r->scan, '{'))
        return false;
    bool good = lbx_scan_enter(&r->scan) && read_members(r, table, into);
    lbx_scan_leave(&r->scan);
    return good;
}

/* ---- whole texts ---- */

bool lbx_json_read_text(const struct lbx_table *table, const char *text, size_t len,
                        enum lbx_json_mode mode, struct lbx_arena *arena, void *ret_struct) {
    struct text_reader r;
    r.reader = (struct lbx_reader){.mode = mode, .arena = arena, .at = ""};
    lbx_scan_begin(&r.scan, text, len);
    memset(ret_struct, 0, table->size);
    return read_object(&r, table, ret_struct) && lbx_scan_end(&r.scan);
}

/* Whether the text was parsed. Text that is not JSON counts as no value after its reason was returned. */
static bool parse(struct lbx_json *value, struct lbx_reason *ret_reason) {
    struct lbx_reason ignored;
    if (value->parsed || !value->text)
        return value->parsed;
    value->parsed = value->held =
        lbx_dom_parse(value->text, value->len, ret_reason ? ret_reason : &ignored);
    if (!value->parsed && ret_reason)
        *value = (struct lbx_json){0};
    return value->parsed;
}

enum lbx_err lbx_json_read_value(const struct lbx_table *table, struct lbx_json *value,
                                 enum lbx_json_mode mode, const char *at, struct lbx_arena *arena,
                                 void *ret_struct, struct lbx_reason *ret_reason) {
    const struct lbx_reader reader = {.mode = mode, .arena = arena, .at = at, .reason = ret_reason};
    if (value->text && !value->parsed &&
        lbx_json_read_text(table, value->text, value->len, mode, arena, ret_struct))
        return LBX_OK;
    memset(ret_struct, 0, table->size);
    return parse(value, ret_reason) && lbx_dom_read(&reader, table, value->parsed, ret_struct)
               ? LBX_OK
               : LBX_ERR_INVALID;
}

bool lbx_json_check(struct lbx_json *value, struct lbx_reason *ret_reason) {
    struct lbx_scan s;
    lbx_scan_begin(&s, value->text, value->len);
    lbx_scan_space(&s);
    const bool null = s.at < s.end && *s.at == 'n';
    if (!(lbx_scan_past(&s) && lbx_scan_end(&s)) && !parse(value, ret_reason))
        return false;
    if (null)
        *value = (struct lbx_json){0};
    return true;
}

void lbx_json_done(struct lbx_json *value) {
    json_decref(value->held);
    *value = (struct lbx_json){0};
}

static enum lbx_err read_once(const struct lbx_table *table, const char *text, size_t len,
                              enum lbx_json_mode mode, const char *at, struct lbx_arena *arena,
                              void *ret_struct, struct lbx_reason *ret_reason) {
    struct lbx_json value LBX_CLEANUP(lbx_json_done) = {.text = text ? text : "", .len = len};
    return lbx_json_read_value(table, &value, mode, at, arena, ret_struct, ret_reason);
}

enum lbx_err lbx_json_read(const struct lbx_table *table, const char *text, size_t len,
                           const char *at, struct lbx_arena *arena, void *ret_struct,
                           struct lbx_reason *ret_reason) {
    return read_once(table, text, len, LBX_JSON_STRICT, at, arena, ret_struct, ret_reason);
}

enum lbx_err lbx_json_read_stored(const struct lbx_table *table, const char *text, size_t len,
                                  struct lbx_arena *arena, void *ret_struct,
                                  struct lbx_reason *ret_reason) {
    return read_once(table, text, len, LBX_JSON_STORED, "", arena, ret_struct, ret_reason);
}

bool lbx_json_read_partial(const struct lbx_table *table, const char *text, size_t len,
                           struct lbx_arena *arena, void *ret_struct) {
    return read_once(table, text, len, LBX_JSON_PARTIAL, "", arena, ret_struct, NULL) == LBX_OK;
}

#include "json/recall.h"

#include "json/scalar.h"
#include "json/scan.h"

#include <assert.h>
#include <string.h>

struct recall {
    struct lbx_scan scan;
    struct lbx_reader reader;
};

enum { FIELDS_MAX = 64, ITEMS_AT_FIRST = 4 };

/* ---- strings ---- */

static char unescaped(char c) {
    static const char escapes[] = "bfnrt", meant[] = "\b\f\n\r\t";
    const char *at = strchr(escapes, c);
    return at ? meant[at - escapes] : c;
}

/* Into `to`, which has room for text->len + 1 bytes; the length. */
static size_t unescape(const struct lbx_scan_text *text, char *to) {
    size_t len = 0;
    for (size_t i = 0; i < text->len; i++)
        to[len++] = text->at[i] == '\\' ? unescaped(text->at[++i]) : text->at[i];
    to[len] = '\0';
    return len;
}

static bool recall_text(struct recall *r, const struct lbx_field *field, const char **ret_text) {
    struct lbx_scan_text text;
    if (!lbx_scan_take(&r->scan, '"') || !lbx_scan_string(&r->scan, &text))
        return false;
    if (text.plain)
        return lbx_scalar_text(&r->reader, NULL, field, text.at, text.len, ret_text);
    char *plain = lbx_arena_alloc(r->reader.arena, text.len + 1);
    size_t len = unescape(&text, plain);
    return lbx_scalar_text(&r->reader, NULL, field, plain, len, ret_text);
}

/* A time, a duration or a name. */
struct word {
    char text[64];
};

static bool recall_word(struct recall *r, struct word *ret_word) {
    struct lbx_scan_text text;
    if (!lbx_scan_take(&r->scan, '"') || !lbx_scan_string(&r->scan, &text) || !text.plain ||
        text.len >= sizeof ret_word->text)
        return false;
    memcpy(ret_word->text, text.at, text.len);
    ret_word->text[text.len] = '\0';
    return true;
}

/* ---- values ---- */

static bool recall_object(struct recall *r, const struct lbx_table *table, char *into);

static bool recall_int(struct recall *r, const struct lbx_field *field, int64_t *ret_int) {
    int64_t number;
    lbx_scan_space(&r->scan);
    return lbx_scan_integer(&r->scan, &number) &&
           lbx_scalar_int(&r->reader, NULL, field, number, ret_int);
}

static bool recall_bool(struct recall *r, bool *ret_bool) {
    lbx_scan_space(&r->scan);
    *ret_bool = lbx_scan_word(&r->scan, "true");
    return *ret_bool || lbx_scan_word(&r->scan, "false");
}

static bool recall_item(struct recall *r, const struct lbx_field *field, void *into) {
    return field->item == LBX_T_OBJECT ? recall_object(r, field->of, into)
           : field->item == LBX_T_INT  ? recall_int(r, field, into)
                                       : recall_text(r, field, into);
}

/* Room for one item more, zeroed. */
static char *grow(struct recall *r, char *items, size_t size, size_t count, size_t *room) {
    if (count < *room)
        return items;
    *room = *room ? *room * 2 : ITEMS_AT_FIRST;
    char *more = lbx_arena_alloc(r->reader.arena, *room * size);
    if (count > 0)
        memcpy(more, items, count * size);
    return more;
}

static bool recall_list(struct recall *r, const struct lbx_field *field, char *into) {
    const size_t size = lbx_scalar_item_size(field);
    size_t count = 0, room = 0;
    char *items = grow(r, NULL, size, 0, &room);
    if (!lbx_scan_take(&r->scan, '[') || !lbx_scan_enter(&r->scan))
        return false;
    if (!lbx_scan_take(&r->scan, ']')) {
        do {
            items = grow(r, items, size, count, &room);
            if (!recall_item(r, field, items + size * count++))
                return false;
        } while (lbx_scan_take(&r->scan, ','));
        if (!lbx_scan_take(&r->scan, ']'))
            return false;
    }
    lbx_scan_leave(&r->scan);
    *(void **)(into + field->offset) = items;
    *(size_t *)(into + field->count_offset) = count;
    return count >= (size_t)field->min_items && count <= (size_t)field->max_items;
}

static bool recall_field(struct recall *r, const struct lbx_field *field, char *into) {
    void *at = into + field->offset;
    struct word word;
    switch (field->type) {
    case LBX_T_TEXT:
        return recall_text(r, field, at);
    case LBX_T_INT:
        return recall_int(r, field, at);
    case LBX_T_BOOL:
        return recall_bool(r, at);
    case LBX_T_TIME:
        return recall_word(r, &word) && lbx_scalar_time(&r->reader, NULL, word.text, at);
    case LBX_T_DURATION:
        return recall_word(r, &word) && lbx_scalar_duration(&r->reader, NULL, field, word.text, at);
    case LBX_T_ENUM:
        return recall_word(r, &word) && lbx_scalar_enum(&r->reader, NULL, field, word.text, at);
    case LBX_T_OBJECT:
        return recall_object(r, field->of, at);
    case LBX_T_LIST:
        return recall_list(r, field, into);
    }
    assert(false);
    return false;
}

/* ---- objects ---- */

/* The row of a member: mostly the one behind that of the member before. */
static size_t find(const struct lbx_table *table, size_t from, const struct lbx_scan_text *key) {
    for (size_t i = 0; i < table->count; i++, from++) {
        from = from < table->count ? from : 0;
        const char *name = table->fields[from].name;
        if (strncmp(name, key->at, key->len) == 0 && name[key->len] == '\0')
            return from;
    }
    return table->count;
}

/* Which rows have a value, and which have null. */
struct seen {
    uint64_t value, null;
};

static bool recall_member(struct recall *r, const struct lbx_table *table, size_t row, char *into,
                          struct seen *seen) {
    if (row == table->count)
        return lbx_scan_past(&r->scan);
    lbx_scan_space(&r->scan);
    if (lbx_scan_word(&r->scan, "null")) {
        seen->null |= UINT64_C(1) << row;
        return true;
    }
    seen->value |= UINT64_C(1) << row;
    return recall_field(r, &table->fields[row], into);
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

static bool recall_members(struct recall *r, const struct lbx_table *table, char *into) {
    const size_t first = r->scan.key_count;
    struct seen seen = {0};
    struct lbx_scan_text key;
    size_t row = 0;
    if (!lbx_scan_take(&r->scan, '}')) {
        do {
            if (!lbx_scan_key(&r->scan, first, &key))
                return false;
            size_t found = find(table, row, &key);
            if (!recall_member(r, table, found, into, &seen))
                return false;
            row = found < table->count ? found + 1 : row;
        } while (lbx_scan_take(&r->scan, ','));
        if (!lbx_scan_take(&r->scan, '}'))
            return false;
    }
    r->scan.key_count = first;
    return is_complete(table, &seen);
}

static bool recall_object(struct recall *r, const struct lbx_table *table, char *into) {
    if (table->count > FIELDS_MAX || !lbx_scan_take(&r->scan, '{'))
        return false;
    bool good = lbx_scan_enter(&r->scan) && recall_members(r, table, into);
    lbx_scan_leave(&r->scan);
    return good;
}

bool lbx_recall(const struct lbx_table *table, const char *text, size_t len,
                struct lbx_arena *arena, void *ret_struct) {
    struct recall r = {
        .scan = {.at = text, .end = text + len},
        .reader = {.arena = arena, .at = "", .recalls = true},
    };
    memset(ret_struct, 0, table->size);
    bool good = recall_object(&r, table, ret_struct);
    lbx_scan_space(&r.scan);
    return good && r.scan.at == r.scan.end;
}

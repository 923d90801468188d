/* Writes compact JSON, members in the order of the rows. Cannot fail: lack of memory ends the
 * process. */
#include "json/write.h"

#include "base/time.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static bool present(const struct lbx_field *field, const char *from);

static bool any_present(const struct lbx_table *table, const char *from) {
    for (size_t i = 0; i < table->count; i++)
        if (present(&table->fields[i], from))
            return true;
    return false;
}

/* Whether a TEXT member is an object instead. */
static bool is_object(const struct lbx_field *field, const char *from) {
    return field->of && any_present(field->of, from + field->object_offset);
}

static bool present(const struct lbx_field *field, const char *from) {
    const void *at = from + field->offset;
    switch (field->type) {
    case LBX_T_TEXT:
        return *(void *const *)at != NULL || is_object(field, from);
    case LBX_T_CANONICAL:
    case LBX_T_LIST:
        return *(void *const *)at != NULL;
    case LBX_T_INT:
    case LBX_T_TIME:
    case LBX_T_DURATION:
        return *(const int64_t *)at != 0;
    case LBX_T_BOOL:
        return *(const bool *)at;
    case LBX_T_ENUM:
        return *(const int *)at != 0;
    case LBX_T_OBJECT:
        return any_present(field->of, at);
    case LBX_T_JSON:
        return false;
    }
    assert(false);
    return false;
}

static void write_text(const char *text, struct lbx_buf *out) {
    if (text)
        lbx_buf_json_str(out, text, strlen(text));
    else
        lbx_buf_str(out, "null");
}

static void write_list(const struct lbx_field *field, const char *from, struct lbx_buf *out) {
    const void *items = *(void *const *)(from + field->offset);
    size_t count = *(const size_t *)(from + field->count_offset);
    lbx_buf_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            lbx_buf_char(out, ',');
        if (field->item == LBX_T_OBJECT)
            lbx_json_write(field->of, (const char *)items + i * field->of->size, out);
        else if (field->item == LBX_T_INT)
            lbx_buf_printf(out, "%" PRId64, ((const int64_t *)items)[i]);
        else
            write_text(((const char *const *)items)[i], out);
    }
    lbx_buf_char(out, ']');
}

static void write_field(const struct lbx_field *field, const char *from, struct lbx_buf *out) {
    const void *at = from + field->offset;
    char text[LBX_DURATION_SIZE > LBX_TIME_SIZE ? LBX_DURATION_SIZE : LBX_TIME_SIZE];
    switch (field->type) {
    case LBX_T_TEXT:
        if (is_object(field, from))
            lbx_json_write(field->of, from + field->object_offset, out);
        else
            write_text(*(const char *const *)at, out);
        return;
    case LBX_T_INT:
        lbx_buf_printf(out, "%" PRId64, *(const int64_t *)at);
        return;
    case LBX_T_BOOL:
        lbx_buf_str(out, *(const bool *)at ? "true" : "false");
        return;
    case LBX_T_TIME:
        lbx_time_format(*(const int64_t *)at, text);
        write_text(*(const int64_t *)at ? text : NULL, out);
        return;
    case LBX_T_DURATION:
        lbx_duration_format(*(const int64_t *)at, text);
        write_text(*(const int64_t *)at ? text : NULL, out);
        return;
    case LBX_T_ENUM:
        write_text(field->names[*(const int *)at], out);
        return;
    case LBX_T_OBJECT:
        lbx_json_write(field->of, at, out);
        return;
    case LBX_T_LIST:
        write_list(field, from, out);
        return;
    case LBX_T_CANONICAL:
        lbx_buf_str(out, *(const char *const *)at);
        return;
    case LBX_T_JSON:
        break;
    }
    assert(false);
}

void lbx_json_write_members(const struct lbx_table *table, const void *of_struct,
                            struct lbx_buf *out) {
    const char *from = of_struct;
    bool first = true;
    for (size_t i = 0; i < table->count; i++) {
        const struct lbx_field *field = &table->fields[i];
        bool here = present(field, from);
        if (!here && !field->required)
            continue;
        if (!first)
            lbx_buf_char(out, ',');
        lbx_buf_json_str(out, field->name, strlen(field->name));
        lbx_buf_char(out, ':');
        if (!here && field->nullable)
            lbx_buf_str(out, "null");
        else
            write_field(field, from, out);
        first = false;
    }
}

void lbx_json_write(const struct lbx_table *table, const void *of_struct, struct lbx_buf *out) {
    lbx_buf_char(out, '{');
    lbx_json_write_members(table, of_struct, out);
    lbx_buf_char(out, '}');
}

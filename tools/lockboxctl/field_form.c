/* The forms of an event's fields on the command line, from the rows of the event's table. Cannot fail. */
#include "field_form.h"

#include <ctype.h>
#include <string.h>

bool ctl_field_is_key(const struct lbx_table *table) {
    return table && strcmp(table->name, "jwk") == 0;
}

size_t ctl_field_parts(const struct lbx_table *table) {
    size_t count = 0;
    while (count < table->count && table->fields[count].type != LBX_T_OBJECT)
        count++;
    return count;
}

static void put_upper(const char *text, struct lbx_buf *out) {
    for (; *text; text++)
        lbx_buf_char(out, (char)toupper((unsigned char)*text));
}

static void object_form(const struct lbx_table *table, struct lbx_buf *out) {
    if (ctl_field_is_key(table)) {
        lbx_buf_str(out, "KEY_FILE");
        return;
    }
    for (size_t i = 0; i < ctl_field_parts(table); i++) {
        lbx_buf_str(out, i ? "," : "");
        put_upper(table->fields[i].name, out);
    }
}

static void names_form(const char *const *names, struct lbx_buf *out) {
    for (size_t i = 1; names[i]; i++)
        lbx_buf_printf(out, "%s%s", i > 1 ? "|" : "", names[i]);
}

static void put_form(const struct lbx_field *field, enum lbx_type type, struct lbx_buf *out) {
    switch (type) {
    case LBX_T_TEXT:
        lbx_buf_str(out, field->of                        ? "TEXT|JSON"
                         : field->format == LBX_FMT_EMAIL ? "EMAIL"
                                                          : "TEXT");
        break;
    case LBX_T_INT:
        lbx_buf_str(out, "N");
        break;
    case LBX_T_BOOL:
        lbx_buf_str(out, "true|false");
        break;
    case LBX_T_TIME:
        lbx_buf_str(out, "TIME");
        break;
    case LBX_T_DURATION:
        lbx_buf_str(out, "DURATION");
        break;
    case LBX_T_ENUM:
        names_form(field->names, out);
        break;
    case LBX_T_OBJECT:
        object_form(field->of, out);
        break;
    case LBX_T_LIST:
        put_form(field, field->item, out);
        lbx_buf_str(out, "  (once for each)");
        break;
    case LBX_T_CANONICAL:
        lbx_buf_str(out, "JSON");
        break;
    case LBX_T_JSON: /* in no event's table */
        break;
    }
}

void ctl_field_form(const struct lbx_field *field, struct lbx_buf *out) {
    put_form(field, field->type, out);
}

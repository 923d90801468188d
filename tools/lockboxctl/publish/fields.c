/* Makes an event's JSON from words FIELD=VALUE, by the table of the event's consumer. Promises
 * that the decoder reports wrong values. Fails with a usage error on an unknown or repeated
 * field. */
#include "fields.h"

#include "field_form.h"
#include "sign.h"

#include <string.h>

/* ---- values ---- */

static bool is_plain(enum lbx_type type, const char *text) {
    return (type == LBX_T_INT && *text && strspn(text, "0123456789") == strlen(text)) ||
           (type == LBX_T_BOOL && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0));
}

/* Writes a value; a malformed number as text, so that the decoder reports what is expected. */
static void put_scalar(enum lbx_type type, const char *text, struct lbx_buf *out) {
    if (is_plain(type, text))
        lbx_buf_str(out, text);
    else
        lbx_buf_json_str(out, text, strlen(text));
}

static void put_members(struct ctl *ctl, const struct lbx_table *table, const char *text,
                        struct lbx_buf *out) {
    char *rest = lbx_arena_strdup(&ctl->arena, text);
    const char *between = "";
    const size_t count = ctl_field_parts(table);
    for (size_t i = 0; i < count; i++) {
        const struct lbx_field *member = &table->fields[i];
        const char *value = i + 1 == count ? rest : strsep(&rest, ",");
        bool there = value && *value;
        if (!there && !(member->required && member->type == LBX_T_TEXT && member->min == 0))
            continue;
        lbx_buf_printf(out, "%s\"%s\":", between, member->name);
        put_scalar(member->type, there ? value : "", out);
        between = ",";
    }
}

static bool put_object(struct ctl *ctl, const struct lbx_field *field, const char *text,
                       struct lbx_buf *out) {
    struct lbx_jwk jwk;
    if (*text == '{') {
        lbx_buf_str(out, text);
    } else if (field->nullable && !*text) {
        lbx_buf_str(out, "null");
    } else if (ctl_field_is_key(field->of)) {
        if (!ctl_public_jwk(ctl, text, &jwk))
            return false;
        lbx_json_write(field->of, &jwk, out);
    } else {
        lbx_buf_char(out, '{');
        put_members(ctl, field->of, text, out);
        lbx_buf_char(out, '}');
    }
    return true;
}

static bool put_value(struct ctl *ctl, const struct lbx_field *field, enum lbx_type type,
                      const char *text, struct lbx_buf *out) {
    if (type == LBX_T_OBJECT)
        return put_object(ctl, field, text, out);
    if (type == LBX_T_TEXT && field->of && *text == '{')
        lbx_buf_str(out, text);
    else
        put_scalar(type, text, out);
    return true;
}

/* ---- words ---- */

/* The value of a word for this field; NULL: it is for another. */
static const char *value_of(const char *word, const struct lbx_field *field) {
    size_t len = strlen(field->name);
    return strncmp(word, field->name, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

static bool put_list(struct ctl *ctl, const struct lbx_field *field, const char *const *words,
                     struct lbx_buf *out) {
    const char *between = "";
    lbx_buf_char(out, '[');
    for (size_t i = 0; words[i]; i++) {
        const char *value = value_of(words[i], field);
        if (!value || !*value)
            continue;
        lbx_buf_str(out, between);
        if (!put_value(ctl, field, field->item, value, out))
            return false;
        between = ",";
    }
    lbx_buf_char(out, ']');
    return true;
}

static bool names_a_field(const struct lbx_table *table, const char *word) {
    for (size_t i = 0; i < table->count; i++)
        if (value_of(word, &table->fields[i]))
            return true;
    return false;
}

static bool all_name_fields(const struct ctl *ctl, const struct lbx_table *table,
                            const char *const *words) {
    for (size_t i = 0; words[i]; i++)
        if (!names_a_field(table, words[i])) {
            ctl_fail(CTL_USAGE, "no field of this event: %.*s; see lockboxctl %s --help",
                     (int)strcspn(words[i], "="), words[i], ctl->command->name);
            return false;
        }
    return true;
}

static size_t count_given(const struct lbx_field *field, const char *const *words,
                          const char **ret_first) {
    size_t count = 0;
    *ret_first = NULL;
    for (size_t i = 0; words[i]; i++) {
        const char *value = value_of(words[i], field);
        if (value && !count++)
            *ret_first = value;
    }
    return count;
}

const char *ctl_field_value(const struct lbx_table *table, const char *name,
                            const char *const *words) {
    const char *first = NULL;
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->fields[i].name, name) == 0)
            count_given(&table->fields[i], words, &first);
    return first;
}

static bool put_field(struct ctl *ctl, const struct lbx_field *field, const char *const *words,
                      const char *first, struct lbx_buf *out) {
    lbx_buf_printf(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", field->name);
    return field->type == LBX_T_LIST ? put_list(ctl, field, words, out)
                                     : put_value(ctl, field, field->type, first, out);
}

bool ctl_fields_write(struct ctl *ctl, const struct lbx_table *table, const char *const *words,
                      struct lbx_buf *out) {
    if (!all_name_fields(ctl, table, words))
        return false;
    lbx_buf_char(out, '{');
    for (size_t i = 0; i < table->count; i++) {
        const struct lbx_field *field = &table->fields[i];
        const char *first;
        size_t given = count_given(field, words, &first);
        if (given > 1 && field->type != LBX_T_LIST) {
            ctl_fail(CTL_USAGE, "given twice: %s", field->name);
            return false;
        }
        if (given && !put_field(ctl, field, words, first, out))
            return false;
    }
    lbx_buf_char(out, '}');
    return true;
}

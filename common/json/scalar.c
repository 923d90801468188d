/* Checks each scalar against its row's limits and format. Promises a reason of bounded size for
 * each failed check. Fails by returning false. */
#include "json/scalar.h"

#include "base/email.h"
#include "base/resource.h"
#include "base/time.h"
#include "base/utf8.h"
#include "base/webhook.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- reasons ---- */

/* Appends; text beyond the size is cut off. */
__attribute__((format(printf, 2, 3))) static void add(struct lbx_reason *reason, const char *format,
                                                      ...) {
    size_t used = strlen(reason->text);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(reason->text + used, sizeof reason->text - used, format, args);
    va_end(args);
}

static void add_pointer(struct lbx_reason *reason, const struct lbx_place *place) {
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

bool lbx_reader_wrong(const struct lbx_reader *r, const struct lbx_place *place, const char *format,
                      ...) {
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

/* ---- values ---- */

static bool of_format(const struct lbx_reader *r, const struct lbx_place *place,
                      const struct lbx_field *field, const char *text, size_t len) {
    const char *bad = NULL;
    if (r->mode == LBX_JSON_STORED)
        return true;
    switch (field->format) {
    case LBX_FMT_ANY:
        return true;
    case LBX_FMT_EMAIL:
        bad = lbx_email_check(text, len);
        return !bad || lbx_reader_wrong(r, place, "not an e-mail address: %s", bad);
    case LBX_FMT_CLUSTER:
        bad = lbx_cluster_id_check(text, len);
        return !bad || lbx_reader_wrong(r, place, "not a cluster's id: %s", bad);
    case LBX_FMT_WEBHOOK:
        bad = lbx_webhook_check(text, len);
        return !bad || lbx_reader_wrong(r, place, "not a webhook's URL: %s", bad);
    }
    return true;
}

bool lbx_scalar_text(const struct lbx_reader *r, const struct lbx_place *place,
                     const struct lbx_field *field, const char *text, size_t len,
                     const char **ret_text) {
    int64_t size = (int64_t)(field->characters ? lbx_utf8_chars(text, len) : len);
    const char *unit = field->characters ? "characters" : "bytes";
    if (size < field->min && size == 0)
        return lbx_reader_wrong(r, place, "empty");
    if (size < field->min)
        return lbx_reader_wrong(r, place, "shorter than %" PRId64 " %s", field->min, unit);
    if (size > field->max)
        return lbx_reader_wrong(r, place, "longer than %" PRId64 " %s", field->max, unit);
    if (!of_format(r, place, field, text, len))
        return false;
    *ret_text = lbx_arena_memdup(r->arena, text, len);
    return true;
}

bool lbx_scalar_int(const struct lbx_reader *r, const struct lbx_place *place,
                    const struct lbx_field *field, int64_t number, int64_t *ret_int) {
    if (number < field->min || number > field->max)
        return lbx_reader_wrong(r, place, "not between %" PRId64 " and %" PRId64, field->min,
                                field->max);
    *ret_int = number;
    return true;
}

bool lbx_scalar_time(const struct lbx_reader *r, const struct lbx_place *place, const char *text,
                     int64_t *ret_us) {
    if (!text)
        return lbx_reader_wrong(r, place, "not a string");
    if (strchr(text, ' ') || lbx_time_parse(text, ret_us) != LBX_OK)
        return lbx_reader_wrong(r, place, "not an RFC 3339 time from 1970 to 9999");
    return true;
}

bool lbx_scalar_duration(const struct lbx_reader *r, const struct lbx_place *place,
                         const struct lbx_field *field, const char *text, int64_t *ret_us) {
    int64_t us = LBX_DURATION_BEYOND;
    if (!text)
        return lbx_reader_wrong(r, place, "not a string");
    if (lbx_duration_parse(text, &us) == LBX_ERR_INVALID)
        return lbx_reader_wrong(r, place, "not an ISO 8601 duration of weeks, days or time");
    char bound[LBX_DURATION_SIZE];
    if (us < field->min) {
        lbx_duration_format(field->min, bound);
        return lbx_reader_wrong(r, place, "shorter than %s", bound);
    }
    if (field->max && us > field->max) {
        lbx_duration_format(field->max, bound);
        return lbx_reader_wrong(r, place, "longer than %s", bound);
    }
    *ret_us = us;
    return true;
}

bool lbx_scalar_enum(const struct lbx_reader *r, const struct lbx_place *place,
                     const struct lbx_field *field, const char *text, int *ret_index) {
    if (!text)
        return lbx_reader_wrong(r, place, "not a string");
    for (int i = 1; field->names[i]; i++)
        if (strcmp(text, field->names[i]) == 0) {
            *ret_index = i;
            return true;
        }
    (void)lbx_reader_wrong(r, place, "not one of");
    for (int i = 1; r->reason && field->names[i]; i++)
        add(r->reason, "%s %s", i > 1 ? "," : "", field->names[i]);
    return false;
}

size_t lbx_scalar_item_size(const struct lbx_field *field) {
    return field->item == LBX_T_OBJECT ? field->of->size
           : field->item == LBX_T_INT  ? sizeof(int64_t)
                                       : sizeof(const char *);
}

/* Values other than objects and lists: the checks of a row, and reasons with the place of the
 * failed check. Shared by read.c, which reads text, and dom.c, which reads parsed values. */
#ifndef LBX_JSON_SCALAR_H
#define LBX_JSON_SCALAR_H

#include "json/read.h"

/* The place of a value in its document: a linked list on the stack, written as a JSON pointer in
 * reasons. */
struct lbx_place {
    const struct lbx_place *up;
    const char *name; /* NULL: an element of a list */
    size_t index;
};

/* The settings of one reading. */
struct lbx_reader {
    enum lbx_json_mode mode;
    struct lbx_arena *arena;
    const char *at;            /* JSON pointer prefix */
    struct lbx_reason *reason; /* NULL: no reason is wanted */
};

/* Writes the reason. Always false, for use in a return statement. */
bool lbx_reader_wrong(const struct lbx_reader *r, const struct lbx_place *place, const char *format,
                      ...) __attribute__((format(printf, 3, 4)));

/* Checks a text, which is UTF-8 without NUL, and copies it into the arena. */
bool lbx_scalar_text(const struct lbx_reader *r, const struct lbx_place *place,
                     const struct lbx_field *field, const char *text, size_t len,
                     const char **ret_text);
bool lbx_scalar_int(const struct lbx_reader *r, const struct lbx_place *place,
                    const struct lbx_field *field, int64_t number, int64_t *ret_int);
/* Checks a time; text NULL: the value was no string. */
bool lbx_scalar_time(const struct lbx_reader *r, const struct lbx_place *place, const char *text,
                     int64_t *ret_us);
bool lbx_scalar_duration(const struct lbx_reader *r, const struct lbx_place *place,
                         const struct lbx_field *field, const char *text, int64_t *ret_us);
bool lbx_scalar_enum(const struct lbx_reader *r, const struct lbx_place *place,
                     const struct lbx_field *field, const char *text, int *ret_index);

/* Bytes of one item of the field's list. */
size_t lbx_scalar_item_size(const struct lbx_field *field);

#endif

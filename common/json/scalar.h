/* Values that are no object and no list: the checks that a row of a table asks for, and the reasons
 * that name the place of a failed check. Shared by read.c, which reads text, and dom.c, which reads
 * parsed values. */
#ifndef LBX_JSON_SCALAR_H
#define LBX_JSON_SCALAR_H

#include "json/read.h"

/* The place of a value in its document: a chain on the stack, written as a JSON pointer only for a
 * reason. */
struct lbx_place {
    const struct lbx_place *up;
    const char *name; /* NULL: an item of a list */
    size_t index;
};

/* One reading. */
struct lbx_reader {
    enum lbx_json_mode mode;
    struct lbx_arena *arena;
    const char *at;            /* JSON pointer prefix */
    struct lbx_reason *reason; /* NULL: no reason is written */
};

/* Writes the reason. Always false, so that a reader can return it. */
bool lbx_reader_wrong(const struct lbx_reader *r, const struct lbx_place *place, const char *format,
                      ...) __attribute__((format(printf, 3, 4)));

/* text is UTF-8 without NUL; the arena gets a copy. */
bool lbx_scalar_text(const struct lbx_reader *r, const struct lbx_place *place,
                     const struct lbx_field *field, const char *text, size_t len,
                     const char **ret_text);
bool lbx_scalar_int(const struct lbx_reader *r, const struct lbx_place *place,
                    const struct lbx_field *field, int64_t number, int64_t *ret_int);
/* text NULL: the value was not a string. */
bool lbx_scalar_time(const struct lbx_reader *r, const struct lbx_place *place, const char *text,
                     int64_t *ret_us);
bool lbx_scalar_duration(const struct lbx_reader *r, const struct lbx_place *place,
                         const struct lbx_field *field, const char *text, int64_t *ret_us);
bool lbx_scalar_enum(const struct lbx_reader *r, const struct lbx_place *place,
                     const struct lbx_field *field, const char *text, int *ret_index);

/* Bytes of one item in a list of the field. */
size_t lbx_scalar_item_size(const struct lbx_field *field);

#endif

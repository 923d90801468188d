/* One value that is no object and no list: what its row of a table asks of it, and where to say that it is
 * otherwise. Shared by fields.c, which reads JSON values, and recall.c, which reads text. */
#ifndef LBX_EVENT_SCALAR_H
#define LBX_EVENT_SCALAR_H

#include "json/fields.h"

/* Where the reader stands: a chain on the stack, spelled out only when something is wrong. */
struct lbx_place {
    const struct lbx_place *up;
    const char *name; /* NULL: an item of a list */
    size_t index;
};

struct lbx_reader {
    struct lbx_arena *arena;
    const char *at;
    struct lbx_reason *reason; /* NULL: nobody asks why */
    bool recalls; /* what we wrote ourselves: formats were checked at the door of that day */
};

/* Always false, so that a reader can return it. */
bool lbx_reader_wrong(const struct lbx_reader *r, const struct lbx_place *place, const char *format,
                      ...) __attribute__((format(printf, 3, 4)));

/* text is UTF-8 without NUL, and copied. */
bool lbx_scalar_text(const struct lbx_reader *r, const struct lbx_place *place,
                     const struct lbx_field *field, const char *text, size_t len,
                     const char **ret_text);
bool lbx_scalar_int(const struct lbx_reader *r, const struct lbx_place *place,
                    const struct lbx_field *field, int64_t number, int64_t *ret_int);
/* text NULL: it was no string. */
bool lbx_scalar_time(const struct lbx_reader *r, const struct lbx_place *place, const char *text,
                     int64_t *ret_us);
bool lbx_scalar_duration(const struct lbx_reader *r, const struct lbx_place *place,
                         const struct lbx_field *field, const char *text, int64_t *ret_us);
bool lbx_scalar_enum(const struct lbx_reader *r, const struct lbx_place *place,
                     const struct lbx_field *field, const char *text, int *ret_index);

/* Of an item in a list of the field. */
size_t lbx_scalar_item_size(const struct lbx_field *field);

#endif

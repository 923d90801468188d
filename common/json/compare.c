/* Compares JSON objects by their parsed values, so that order and white space do not matter.
 * Text that is no object is equal to nothing; cannot fail otherwise. */
#include "json/compare.h"

#include "json/dom.h"

/* An object with the named members; a new reference. */
static json_t *chosen(json_t *object, const char *const *names) {
    json_t *some = json_object();
    for (; some && *names; names++) {
        json_t *value = json_object_get(object, *names);
        if (value && json_object_set(some, *names, value) != 0) {
            json_decref(some);
            return NULL;
        }
    }
    return some;
}

/* The object, as a new reference; NULL: none. */
static json_t *object_of(const struct lbx_json_part *part) {
    struct lbx_reason reason;
    json_t *whole LBX_JSON = lbx_dom_parse(part->text, part->len, &reason);
    json_t *object = part->member ? json_object_get(whole, part->member) : whole;
    if (!json_is_object(object))
        return NULL;
    for (const char *const *name = part->without; name && *name; name++)
        (void)json_object_del(object, *name);
    return part->only ? chosen(object, part->only) : json_incref(object);
}

bool lbx_json_same(const struct lbx_json_part *a, const struct lbx_json_part *b) {
    json_t *first LBX_JSON = object_of(a);
    json_t *second LBX_JSON = object_of(b);
    return first && second && json_equal(first, second);
}

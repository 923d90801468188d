/* One JSON object a line on standard error (RFC 8259). Programs log, libraries return errors.
 * Payloads, addresses and secrets have no business here.
 */
#ifndef LBX_BASE_LOG_H
#define LBX_BASE_LOG_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define LBX_LOG_LEVELS(X) X(DEBUG, "debug") X(INFO, "info") X(WARN, "warn") X(ERROR, "error")

enum lbx_log_level {
#define LBX_LOG_ENUM(name, text) LBX_LOG_##name,
    LBX_LOG_LEVELS(LBX_LOG_ENUM)
#undef LBX_LOG_ENUM
};

/* name is borrowed: it stands in every line as "worker". */
void lbx_log_init(const char *name, enum lbx_log_level least);

/* For tools that people run: from now on a line is "name: message (field: value, …)". */
void lbx_log_for_people(void);

/* LBX_ERR_INVALID where text is no level's name. */
enum lbx_err lbx_log_level_parse(const char *text, enum lbx_log_level *ret_level) LBX_MUST_CHECK;

struct lbx_log_field {
    const char *name; /* NULL ends a list */
    const char *text; /* NULL: the number counts */
    int64_t number;
    bool optional; /* left out where text is NULL */
};

void lbx_log_fields(enum lbx_log_level level, const char *message, const struct lbx_log_field *f);

static inline const char *lbx_log_text(const char *text) {
    return text ? text : "";
}

/* A field that is left out where text is NULL. */
static inline struct lbx_log_field lbx_log_optional(const char *name, const char *text) {
    return (struct lbx_log_field){.name = name, .text = text, .optional = true};
}

#define LBX_S(field, value)                                                                        \
    { .name = (field), .text = lbx_log_text(value) }
#define LBX_N(field, value)                                                                        \
    { .name = (field), .number = (int64_t)(value) }

/* lbx_log(LBX_LOG_INFO, "partition taken", LBX_S("topic", t), LBX_N("partition", p)); */
#define lbx_log(level, message, ...)                                                               \
    lbx_log_fields((level), (message),                                                             \
                   (const struct lbx_log_field[]){__VA_ARGS__ __VA_OPT__(, ){.name = NULL}})

#endif

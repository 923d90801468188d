/* A log on standard error, one JSON object a line (RFC 8259). Programs log; libraries return
 * errors. Never log payloads, addresses or secrets. */
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

/* name is borrowed, and is "worker" in each line. */
void lbx_log_init(const char *name, enum lbx_log_level least);

/* For command-line tools: lines become "name: message (field: value, …)". */
void lbx_log_for_people(void);

/* Parses a level's name. LBX_ERR_INVALID: none has that name. */
enum lbx_err lbx_log_level_parse(const char *text, enum lbx_log_level *ret_level) LBX_MUST_CHECK;

struct lbx_log_field {
    const char *name; /* NULL ends a list */
    const char *text; /* NULL: the field is a number */
    int64_t number;
    bool optional; /* left out where text is NULL */
};

void lbx_log_fields(enum lbx_log_level level, const char *message, const struct lbx_log_field *f);

static inline const char *lbx_log_text(const char *text) {
    return text ? text : "";
}

/* A text field, left out where text is NULL. */
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

/* Texts with places for values, as operators write them.
 *
 *   {{name}}              the value
 *   {{#name}}…{{/name}}   only where there is such a value; for a list, once for each of its items
 *   {{^name}}…{{/name}}   only where there is none
 *   {{> part}}            the file of that name, which includes no other
 *   {{! remark}}          nothing
 *
 * A line that holds one of these alone, values apart, leaves no line behind. There is nothing else: no
 * expressions, no way to show a value as it came. Every value is made harmless (mail/words.h), and in
 * HTML escaped; its text is never read as a template again. In HTML, values stand only in text and in
 * attributes that cannot load or run anything; elements and attributes are those of an allow-list, so
 * that a page shows without asking anybody. What breaks these rules is refused when it is parsed.
 *
 * Pure. A parsed template is constant and may be shown by several threads.
 */
#ifndef LBX_MAIL_TEMPLATE_H
#define LBX_MAIL_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lbx_value_kind {
    LBX_VALUE_TEXT,  /* one line */
    LBX_VALUE_LINES, /* several; in text, each behind what stands in front of the first */
    LBX_VALUE_DIFF, /* lines as of mail/changes.h; in HTML each is a span of class path, before, after or mark */
    LBX_VALUE_LINK, /* a whole address; the only kind that href takes */
    LBX_VALUE_FLAG, /* only a condition */
    LBX_VALUE_LIST, /* only a section, once for each item */
};

/* A value of the vocabulary. subject: lbx_template_show's argument; item: index within a list, 0
 * outside. */
struct lbx_value {
    const char *name;
    enum lbx_value_kind kind;
    const char *list; /* the list whose items have it; NULL: the subject */
    /* Appends the value as given; nothing where it is absent. TEXT, LINES, DIFF, LINK. */
    void (*write)(const void *subject, size_t item, struct lbx_buf *out);
    bool (*holds)(const void *subject, size_t item); /* FLAG */
    size_t (*count)(const void *subject);            /* LIST */
};

enum { LBX_VALUES_MAX = 96 };

struct lbx_vocabulary {
    const struct lbx_value *values;
    size_t count; /* at most LBX_VALUES_MAX */
};

/* The index of a name; -1: unknown. */
int lbx_vocabulary_find(const struct lbx_vocabulary *vocabulary, const char *name, size_t len);

enum lbx_template_form {
    LBX_TEMPLATE_LINE, /* one line of text, such as a subject */
    LBX_TEMPLATE_TEXT,
    LBX_TEMPLATE_HTML,
};

struct lbx_template_file {
    const char *name; /* in reasons */
    const char *text;
    size_t len, line; /* line: number of the text's first line, from 1 */
};

struct lbx_template_source {
    enum lbx_template_form form;
    struct lbx_template_file file;
    /* The files that {{> part}} may name: by their names up to the dot. */
    const struct lbx_template_file *parts;
    size_t part_count;
    const struct lbx_vocabulary *vocabulary;
};

/* Why a template was refused: "outcome.html:12: no such value: {{colour}}". */
struct lbx_template_reason {
    char text[256];
};

struct lbx_template;

/* Parses a template, which borrows texts and vocabulary. LBX_ERR_INVALID, with a reason: the text breaks a rule above. */
enum lbx_err lbx_template_parse(const struct lbx_template_source *source,
                                struct lbx_template **ret_template,
                                struct lbx_template_reason *ret_reason) LBX_MUST_CHECK;
void lbx_template_free(struct lbx_template *template);

/* Appends the text with the subject's values. shown (may be NULL) has LBX_VALUES_MAX elements,
 * set to true for each value that was written, list shown and flag tested; others are unchanged. */
void lbx_template_show(const struct lbx_template *template, const void *subject,
                       struct lbx_buf *out, bool *shown);

#endif

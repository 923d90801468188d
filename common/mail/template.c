/* Parses a template in one pass into a list of steps, which show.c walks. Fails with a reason
 * for each fault, with file and line; a file with a fault gives no template. */
#include "base/cleanup.h"
#include "base/utf8.h"
#include "mail/markup.h"
#include "mail/steps.h"
#include "mail/words.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NESTED_MAX = 8, NAME_MAX_LEN = 40 };

/* A section that is open. */
struct open {
    size_t step, line;
};

struct parser {
    const struct lbx_template_source *source;
    struct lbx_template *template;
    struct lbx_template_reason *reason;
    const struct lbx_template_file *file;
    size_t at, line;
    struct open open[NESTED_MAX];
    size_t depth;
    const char *list; /* the list whose section is open */
    struct lbx_markup markup;
};

/* Writes a reason. Always false, for use in a return statement. */
__attribute__((format(printf, 2, 3))) static bool wrong(struct parser *p, const char *format, ...) {
    size_t size = sizeof p->reason->text;
    int used = snprintf(p->reason->text, size, "%.80s:%zu: ", p->file->name, p->line);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(p->reason->text + used, size - (size_t)used, format, args);
    va_end(args);
    return false;
}

int lbx_vocabulary_find(const struct lbx_vocabulary *vocabulary, const char *name, size_t len) {
    for (size_t i = 0; i < vocabulary->count; i++)
        if (strlen(vocabulary->values[i].name) == len &&
            memcmp(vocabulary->values[i].name, name, len) == 0)
            return (int)i;
    return -1;
}

static struct step *add_step(struct parser *p, enum step_kind kind) {
    struct lbx_template *t = p->template;
    if (t->count == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 64;
        t->steps = lbx_realloc(t->steps, t->cap * sizeof *t->steps);
    }
    t->steps[t->count] = (struct step){.kind = kind};
    return &t->steps[t->count++];
}

static bool add_literal(struct parser *p, size_t len) {
    const char *text = p->file->text + p->at;
    for (size_t i = 0; i < len; i++) {
        const char *bad =
            p->source->form == LBX_TEMPLATE_HTML ? lbx_markup_feed(&p->markup, text[i]) : NULL;
        if (bad)
            return wrong(p, "%s", bad);
        if (text[i] == '\n')
            p->line++;
    }
    if (len) {
        struct step *step = add_step(p, STEP_LITERAL);
        step->text = text;
        step->len = len;
    }
    p->at += len;
    return true;
}

/* A tag {{…}}. */
struct tag {
    char sigil; /* '#', '^', '/', '>', '!', or 0 */
    const char *name;
    size_t len;
    size_t from, to; /* position of the tag in its file */
    bool alone;      /* on a line of its own, which the tag takes whole */
    size_t line_from, line_to;
};

static bool blank(const char *text, size_t len) {
    while (len && text[len - 1] == ' ')
        len--;
    return len == 0;
}

static void find_line(const struct parser *p, struct tag *tag) {
    const char *text = p->file->text;
    size_t from = tag->from, to = tag->to;
    while (from > 0 && text[from - 1] != '\n')
        from--;
    while (to < p->file->len && text[to] != '\n')
        to++;
    tag->line_from = from;
    tag->line_to = to < p->file->len ? to + 1 : to;
    tag->alone =
        tag->sigil && blank(text + from, tag->from - from) && blank(text + tag->to, to - tag->to);
}

static bool read_tag(struct parser *p, size_t from, struct tag *tag) {
    const char *text = p->file->text, *end = text + p->file->len;
    const char *at = text + from + 2;
    const char *close = memmem(at, (size_t)(end - at), "}}", 2);
    const char *line_end = memchr(at, '\n', (size_t)(end - at));
    if (!close || (line_end && line_end < close))
        return wrong(p, "{{ without }} in its line");
    *tag = (struct tag){.from = from, .to = (size_t)(close + 2 - text)};
    if (at < close && strchr("#^/>!", *at))
        tag->sigil = *at++;
    while (at < close && *at == ' ')
        at++;
    tag->name = at;
    tag->len = (size_t)(close - at);
    while (tag->len && at[tag->len - 1] == ' ')
        tag->len--;
    find_line(p, tag);
    return true;
}

/* How many bytes of a tag's name a reason shows. */
static int shown_len(const struct tag *tag) {
    return (int)(tag->len < NAME_MAX_LEN ? tag->len : NAME_MAX_LEN);
}

/* The value that a tag names, if it is allowed here; -1, with the reason. */
static int find_value(struct parser *p, const struct tag *tag) {
    int found = lbx_vocabulary_find(p->source->vocabulary, tag->name, tag->len);
    if (found < 0) {
        (void)wrong(p, "no such value: {{%.*s}}", shown_len(tag), tag->name);
        return -1;
    }
    const struct lbx_value *value = &p->source->vocabulary->values[found];
    if (value->list && (!p->list || strcmp(value->list, p->list) != 0)) {
        (void)wrong(p, "{{%s}} outside of {{#%s}}", value->name, value->list);
        return -1;
    }
    return found;
}

static bool has_lines(const struct lbx_value *value) {
    return value->kind == LBX_VALUE_LINES || value->kind == LBX_VALUE_DIFF;
}

/* Whether a value is allowed at this place of the HTML. */
static bool place_in_html(struct parser *p, const struct lbx_value *value) {
    switch (lbx_markup_place(&p->markup)) {
    case LBX_MARKUP_TEXT:
        return true;
    case LBX_MARKUP_ATTRIBUTE:
        if (has_lines(value))
            return wrong(p, "{{%s}} has several lines: not in an attribute", value->name);
        return true;
    case LBX_MARKUP_LINK:
        lbx_markup_link(&p->markup);
        if (value->kind != LBX_VALUE_LINK)
            return wrong(p, "{{%s}} in href, which takes a link", value->name);
        return true;
    case LBX_MARKUP_NONE:
        break;
    }
    return wrong(p,
                 "{{%s}} where no value may stand: not in text, nor in title, aria-label, value "
                 "or a whole href",
                 value->name);
}

/* Takes the text before a value on its line: in text, each line of the value begins with it.
 * Otherwise a value from outside could look like the mail's own words. */
static bool take_lead(struct parser *p, const struct tag *tag, struct step *step) {
    const char *name = p->source->vocabulary->values[step->value].name;
    step->text = p->file->text + tag->line_from;
    step->len = tag->from - tag->line_from;
    if (p->source->form == LBX_TEMPLATE_LINE)
        return wrong(p, "{{%s}} has several lines", name);
    if (blank(step->text, step->len) || memmem(step->text, step->len, "{{", 2))
        return wrong(p,
                     "{{%s}} has several lines, and needs its own beginning, such as \"> {{%s}}\"",
                     name, name);
    return true;
}

static bool add_value(struct parser *p, const struct tag *tag) {
    int found = find_value(p, tag);
    if (found < 0)
        return false;
    const struct lbx_value *value = &p->source->vocabulary->values[found];
    if (value->kind == LBX_VALUE_FLAG || value->kind == LBX_VALUE_LIST)
        return wrong(p, "{{%s}} has no words of its own: {{#%s}}", value->name, value->name);
    struct step *step = add_step(p, STEP_VALUE);
    step->value = found;
    if (p->source->form == LBX_TEMPLATE_HTML)
        return place_in_html(p, value);
    return !has_lines(value) || take_lead(p, tag, step);
}

static bool open_section(struct parser *p, const struct tag *tag) {
    int found = find_value(p, tag);
    if (found < 0)
        return false;
    const struct lbx_value *value = &p->source->vocabulary->values[found];
    if (p->depth == NESTED_MAX)
        return wrong(p, "more than %d sections in each other", NESTED_MAX);
    if (lbx_markup_place(&p->markup) != LBX_MARKUP_TEXT)
        return wrong(p, "a section that begins within a tag");
    bool items = value->kind == LBX_VALUE_LIST && tag->sigil == '#';
    if (items && p->list)
        return wrong(p, "a list within a list");
    if (items)
        p->list = value->name;
    p->open[p->depth++] = (struct open){p->template->count, p->line};
    add_step(p, tag->sigil == '#' ? STEP_WITH : STEP_WITHOUT)->value = found;
    return true;
}

static bool close_section(struct parser *p, const struct tag *tag, size_t outer) {
    if (p->depth == outer)
        return wrong(p, "{{/%.*s}} closes nothing", shown_len(tag), tag->name);
    struct step *open = &p->template->steps[p->open[p->depth - 1].step];
    const struct lbx_value *value = &p->source->vocabulary->values[open->value];
    if (strlen(value->name) != tag->len || memcmp(value->name, tag->name, tag->len) != 0)
        return wrong(p, "{{/%.*s}} where {{/%s}} is due", shown_len(tag), tag->name, value->name);
    if (lbx_markup_place(&p->markup) != LBX_MARKUP_TEXT)
        return wrong(p, "a section that ends within a tag");
    if (value->kind == LBX_VALUE_LIST && open->kind == STEP_WITH)
        p->list = NULL;
    open->end = p->template->count;
    p->depth--;
    return true;
}

static bool parse_file(struct parser *p, const struct lbx_template_file *file, bool is_part);

static bool include(struct parser *p, const struct tag *tag, bool is_part) {
    if (is_part)
        return wrong(p, "a part that includes another");
    for (size_t i = 0; i < p->source->part_count; i++) {
        const struct lbx_template_file *part = &p->source->parts[i];
        if (strcspn(part->name, ".") != tag->len || memcmp(part->name, tag->name, tag->len) != 0)
            continue;
        const struct lbx_template_file *file = p->file;
        size_t at = p->at, line = p->line;
        if (!parse_file(p, part, true))
            return false;
        p->file = file;
        p->at = at;
        p->line = line;
        return true;
    }
    return wrong(p, "no such part: {{> %.*s}}", shown_len(tag), tag->name);
}

static bool take_tag(struct parser *p, const struct tag *tag, bool is_part, size_t outer) {
    switch (tag->sigil) {
    case '#':
    case '^':
        return open_section(p, tag);
    case '/':
        return close_section(p, tag, outer);
    case '>':
        return include(p, tag, is_part);
    case '!':
        return true;
    default:
        return add_value(p, tag);
    }
}

/* Checks that the text is well-formed UTF-8, without control characters: so is the rest of a
 * mail's text. */
static bool check_text(struct parser *p) {
    const char *text = p->file->text;
    for (size_t i = 0, n; i < p->file->len; i += n) {
        n = lbx_utf8_len(text + i, p->file->len - i);
        if (n == 0)
            return wrong(p, "not UTF-8");
        if (text[i] == '\n')
            p->line++;
        else if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
            return wrong(p, text[i] == '\r' ? "a line that ends in CR LF; LF is wanted"
                                            : "a control character");
    }
    p->line = p->file->line;
    return true;
}

/* Takes the text up to the tag at `from`, and the tag. */
static bool take_next(struct parser *p, size_t from, bool is_part, size_t outer) {
    struct tag tag = {0};
    size_t line = p->line;
    for (size_t i = p->at; i < from; i++)
        p->line += p->file->text[i] == '\n';
    if (!read_tag(p, from, &tag))
        return false;
    p->line = line;
    size_t until = tag.alone && tag.line_from > p->at ? tag.line_from : tag.alone ? p->at : from;
    if (!add_literal(p, until - p->at) || !take_tag(p, &tag, is_part, outer))
        return false;
    p->at = tag.alone ? tag.line_to : tag.to;
    p->line += tag.alone && tag.line_to > tag.to;
    return true;
}

static bool parse_file(struct parser *p, const struct lbx_template_file *file, bool is_part) {
    size_t outer = p->depth;
    const char *next;
    p->file = file;
    p->at = 0;
    p->line = file->line;
    if (!check_text(p))
        return false;
    while ((next = memmem(file->text + p->at, file->len - p->at, "{{", 2)))
        if (!take_next(p, (size_t)(next - file->text), is_part, outer))
            return false;
    if (!add_literal(p, file->len - p->at))
        return false;
    if (p->depth != outer)
        return wrong(p, "the section of line %zu is not closed", p->open[p->depth - 1].line);
    return true;
}

enum lbx_err lbx_template_parse(const struct lbx_template_source *source,
                                struct lbx_template **ret_template,
                                struct lbx_template_reason *ret_reason) {
    assert(source->vocabulary->count <= LBX_VALUES_MAX);
    struct lbx_template *template = lbx_calloc(sizeof *template);
    template->form = source->form;
    template->vocabulary = source->vocabulary;
    struct parser parser = {.source = source, .template = template, .reason = ret_reason};
    bool fits = parse_file(&parser, &source->file, false);
    if (fits && lbx_markup_place(&parser.markup) != LBX_MARKUP_TEXT)
        fits = wrong(&parser, "ends within a tag");
    if (!fits) {
        lbx_template_free(template);
        return LBX_ERR_INVALID;
    }
    *ret_template = template;
    return LBX_OK;
}

void lbx_template_free(struct lbx_template *template) {
    if (template)
        free(template->steps);
    free(template);
}

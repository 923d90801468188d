/* Writes a template's text with a subject's values, each made harmless, and escaped in HTML.
 * Cannot fail: a parsed template can be shown. */
#include "mail/steps.h"
#include "mail/words.h"

#include <string.h>

struct show {
    const struct lbx_template *template;
    const void *subject;
    struct lbx_buf *out, raw, clean; /* raw: a value as given; clean: one harmless line of it */
    bool *shown;                     /* of each value; NULL: not wanted */
};

static void escape(const struct lbx_buf *text, struct lbx_buf *out) {
    static const struct {
        char c;
        const char *entity;
    } entities[] = {
        {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"},
    };
    for (size_t i = 0, plain; i < text->len; i += plain + 1) {
        plain = strcspn(text->data + i, "&<>\"'");
        lbx_buf_add(out, text->data + i, plain);
        for (size_t e = 0; e < sizeof entities / sizeof *entities; e++)
            if (text->data[i + plain] == entities[e].c)
                lbx_buf_str(out, entities[e].entity);
    }
}

static void put_line(struct show *show, const char *line, size_t len) {
    lbx_buf_clear(&show->clean);
    lbx_text_harmless_n(line, len, &show->clean);
    if (show->template->form == LBX_TEMPLATE_HTML)
        escape(&show->clean, show->out);
    else
        lbx_buf_add(show->out, show->clean.data, show->clean.len);
}

static const char *class_of(char sign) {
    return sign == '@' ? "path" : sign == '-' ? "before" : sign == '+' ? "after" : "mark";
}

/* Writes a line of mail/changes.h, by its sign. */
static void put_diff_line(struct show *show, const char *line, size_t len) {
    const bool is_html = show->template->form == LBX_TEMPLATE_HTML;
    if (is_html)
        lbx_buf_printf(show->out, "<span class=\"%s\">", class_of(*line));
    put_line(show, line, len);
    if (is_html)
        lbx_buf_str(show->out, "</span>");
}

static void put_diff(struct show *show, const struct step *step) {
    const char *at = show->raw.data, *end = at + show->raw.len;
    for (;;) {
        size_t len = strcspn(at, "\n");
        put_diff_line(show, at, len);
        at += len;
        if (at >= end)
            return;
        at++;
        lbx_buf_char(show->out, '\n');
        if (show->template->form != LBX_TEMPLATE_HTML)
            lbx_buf_add(show->out, step->text, step->len);
    }
}

/* Lines end in LF, CR or CR LF; text behind the last end is a line if it is not empty. */
static void put_lines(struct show *show, const struct step *step) {
    const char *at = show->raw.data, *end = at + show->raw.len;
    for (bool first = true; at < end; first = false) {
        size_t len = 0;
        while (at + len < end && at[len] != '\n' && at[len] != '\r')
            len++;
        if (!first && show->template->form == LBX_TEMPLATE_HTML)
            lbx_buf_str(show->out, "<br>\n");
        else if (!first) {
            lbx_buf_char(show->out, '\n');
            lbx_buf_add(show->out, step->text, step->len);
        }
        put_line(show, at, len);
        at += len;
        if (at + 1 < end && at[0] == '\r' && at[1] == '\n')
            at++;
        at++;
    }
}

static bool get(struct show *show, const struct lbx_value *value, size_t item) {
    lbx_buf_clear(&show->raw);
    value->write(show->subject, item, &show->raw);
    return show->raw.len > 0;
}

static void note(const struct show *show, int value) {
    if (show->shown)
        show->shown[value] = true;
}

static void put_value(struct show *show, const struct step *step, size_t item) {
    const struct lbx_value *value = &show->template->vocabulary->values[step->value];
    if (!get(show, value, item))
        return;
    note(show, step->value);
    if (value->kind == LBX_VALUE_LINES)
        put_lines(show, step);
    else if (value->kind == LBX_VALUE_DIFF)
        put_diff(show, step);
    else
        put_line(show, show->raw.data, show->raw.len);
}

static bool holds(struct show *show, int index, size_t item) {
    const struct lbx_value *value = &show->template->vocabulary->values[index];
    switch (value->kind) {
    case LBX_VALUE_TEXT:
    case LBX_VALUE_LINES:
    case LBX_VALUE_DIFF:
    case LBX_VALUE_LINK:
        return get(show, value, item);
    case LBX_VALUE_FLAG:
        note(show, index);
        return value->holds(show->subject, item);
    case LBX_VALUE_LIST:
        break;
    }
    return value->count(show->subject) > 0;
}

static void put_steps(struct show *show, size_t from, size_t to, size_t item);

static void put_section(struct show *show, const struct step *step, size_t from, size_t item) {
    const struct lbx_value *value = &show->template->vocabulary->values[step->value];
    if (holds(show, step->value, item) != (step->kind == STEP_WITH))
        return;
    if (value->kind != LBX_VALUE_LIST || step->kind == STEP_WITHOUT) {
        put_steps(show, from, step->end, item);
        return;
    }
    note(show, step->value);
    for (size_t i = 0, count = value->count(show->subject); i < count; i++)
        put_steps(show, from, step->end, i);
}

/* Recursion is as deep as sections are nested, which template.c bounds. */
static void put_steps(struct show *show, size_t from, size_t to, size_t item) {
    for (size_t i = from; i < to;) {
        const struct step *step = &show->template->steps[i];
        switch (step->kind) {
        case STEP_LITERAL:
            lbx_buf_add(show->out, step->text, step->len);
            i++;
            break;
        case STEP_VALUE:
            put_value(show, step, item);
            i++;
            break;
        case STEP_WITH:
        case STEP_WITHOUT:
            put_section(show, step, i + 1, item);
            i = step->end;
            break;
        }
    }
}

void lbx_template_show(const struct lbx_template *template, const void *subject,
                       struct lbx_buf *out, bool *shown) {
    struct show show = {.template = template, .subject = subject, .out = out, .shown = shown};
    put_steps(&show, 0, template->count, 0);
    lbx_buf_done(&show.raw);
    lbx_buf_done(&show.clean);
}

/* Mail templates as operators write them, in each of the three forms, and pages as markup takes them. What
 * is accepted shows any value as text alone: nothing of it is markup. */
#include "mail/markup.h"
#include "mail/template.h"

#include "fuzz.h"

#define HOSTILE "<b onclick=\"x\">&'{{name}}\n\x1B[31m"

static void write_hostile(const void *of, size_t item, struct lbx_buf *out) {
    (void)of, (void)item;
    lbx_buf_str(out, HOSTILE);
}
static void write_link(const void *of, size_t item, struct lbx_buf *out) {
    (void)of, (void)item;
    lbx_buf_str(out, "https://portal.example/?a=\"><script>");
}
static bool holds(const void *of, size_t item) {
    (void)item;
    return of;
}
static size_t count(const void *of) {
    (void)of;
    return 2;
}

static const struct lbx_value values[] = {
    {"name", LBX_VALUE_TEXT, NULL, .write = write_hostile},
    {"lines", LBX_VALUE_LINES, NULL, .write = write_hostile},
    {"link", LBX_VALUE_LINK, NULL, .write = write_link},
    {"warm", LBX_VALUE_FLAG, NULL, .holds = holds},
    {"list", LBX_VALUE_LIST, NULL, .count = count},
    {"item", LBX_VALUE_TEXT, "list", .write = write_hostile},
};
static const struct lbx_vocabulary vocabulary = {values, sizeof values / sizeof *values};

/* As a browser that knows no template would take it. */
static void is_plain_markup(const struct lbx_buf *page) {
    struct lbx_markup markup = {0};
    for (size_t i = 0; i < page->len; i++)
        assert(!lbx_markup_feed(&markup, page->data[i]));
    assert(lbx_markup_place(&markup) == LBX_MARKUP_TEXT);
}

static void show(enum lbx_template_form form, const struct lbx_template *template,
                 const void *subject) {
    struct lbx_buf out LBX_BUF = {0};
    bool shown[LBX_VALUES_MAX] = {0};
    lbx_template_show(template, subject, &out, shown);
    for (size_t i = vocabulary.count; i < LBX_VALUES_MAX; i++)
        assert(!shown[i]);
    if (form == LBX_TEMPLATE_HTML)
        is_plain_markup(&out);
}

static void parse(enum lbx_template_form form, const char *text, size_t len) {
    static const struct lbx_template_file part = {"greeting.txt", "Hello {{name}}\n", 15, 1};
    const struct lbx_template_source source = {.form = form,
                                               .file = {"file", text, len, 1},
                                               .parts = &part,
                                               .part_count = 1,
                                               .vocabulary = &vocabulary};
    struct lbx_template *template;
    struct lbx_template_reason reason = {{0}};
    if (lbx_template_parse(&source, &template, &reason) != LBX_OK) {
        assert(reason.text[0]);
        return;
    }
    show(form, template, NULL);
    show(form, template, &vocabulary);
    lbx_template_free(template);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    size_t len;
    char *text LBX_FREE = fuzz_rest(&in, &len);
    for (int form = LBX_TEMPLATE_LINE; form <= LBX_TEMPLATE_HTML; form++)
        parse((enum lbx_template_form)form, text, len);
    return 0;
}

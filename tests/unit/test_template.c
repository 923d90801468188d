/* The syntax of templates, where values may stand, and that a value is never more than text. */
#include "mail/template.h"

#include "check.h"

#include <stdlib.h>

struct subject {
    const char *name, *lines, *link;
    const char *items[3];
    size_t count;
    bool warm;
};

static void write_name(const void *of, size_t item, struct lbx_buf *out) {
    (void)item;
    lbx_buf_str(out, ((const struct subject *)of)->name);
}
static void write_lines(const void *of, size_t item, struct lbx_buf *out) {
    (void)item;
    lbx_buf_str(out, ((const struct subject *)of)->lines);
}
static void write_link(const void *of, size_t item, struct lbx_buf *out) {
    (void)item;
    lbx_buf_str(out, ((const struct subject *)of)->link);
}
static void write_item(const void *of, size_t item, struct lbx_buf *out) {
    lbx_buf_str(out, ((const struct subject *)of)->items[item]);
}
static bool is_warm(const void *of, size_t item) {
    (void)item;
    return ((const struct subject *)of)->warm;
}
static size_t count(const void *of) {
    return ((const struct subject *)of)->count;
}

enum { NAME, LINES, LINK, WARM, LIST, ITEM, OTHERS, OTHER };

static const struct lbx_value values[] = {
    [NAME] = {"name", LBX_VALUE_TEXT, NULL, .write = write_name},
    [LINES] = {"lines", LBX_VALUE_LINES, NULL, .write = write_lines},
    [LINK] = {"link", LBX_VALUE_LINK, NULL, .write = write_link},
    [WARM] = {"warm", LBX_VALUE_FLAG, NULL, .holds = is_warm},
    [LIST] = {"list", LBX_VALUE_LIST, NULL, .count = count},
    [ITEM] = {"item", LBX_VALUE_TEXT, "list", .write = write_item},
    [OTHERS] = {"others", LBX_VALUE_LIST, NULL, .count = count},
    [OTHER] = {"other", LBX_VALUE_TEXT, "others", .write = write_item},
};
static const struct lbx_vocabulary vocabulary = {values, COUNT(values)};

static const struct lbx_template_file parts[] = {
    {"greeting.txt", "Hello {{name}}\n", 15, 1},
    {"nested.txt", "{{> greeting}}\n", 15, 1},
    {"broken.txt", "one\n{{nothing}}\n", 16, 1},
    {"closes.txt", "{{/warm}}\n", 10, 1},
};

static enum lbx_err parse(enum lbx_template_form form, const char *text,
                          struct lbx_template **ret_template,
                          struct lbx_template_reason *ret_reason) {
    const struct lbx_template_source source = {
        .form = form,
        .file = {"file", text, strlen(text), 1},
        .parts = parts,
        .part_count = COUNT(parts),
        .vocabulary = &vocabulary,
    };
    return lbx_template_parse(&source, ret_template, ret_reason);
}

static void check_shown(enum lbx_template_form form, const char *text,
                        const struct subject *subject, const char *expected) {
    struct lbx_template *template;
    struct lbx_template_reason reason;
    struct lbx_buf out LBX_BUF = {0};
    if (parse(form, text, &template, &reason) != LBX_OK)
        fail_msg("%s: %s", text, reason.text);
    lbx_buf_str(&out, "");
    lbx_template_show(template, subject, &out, NULL);
    assert_string_equal(out.data, expected);
    lbx_template_free(template);
}

static const struct subject full = {
    "Ann", "one\ntwo\r\n\rfour\n", "https://x/1", {"a", "b", "c"}, 3, true};
static const struct subject empty = {"", "", "", {NULL}, 0, false};

static void test_text(void **state) {
    (void)state;
    static const struct {
        const char *text, *full, *empty;
    } rows[] = {
        {"", "", ""},
        {"plain\n", "plain\n", "plain\n"},
        {"{{name}}", "Ann", ""},
        {"{{ name }}!", "Ann!", "!"},
        {"{{#name}}[{{name}}]{{/name}}{{^name}}none{{/name}}", "[Ann]", "none"},
        {"{{#warm}}yes{{/warm}}{{^warm}}no{{/warm}}", "yes", "no"},
        {"{{#list}}{{item}},{{/list}}{{^list}}none{{/list}}", "a,b,c,", "none"},
        {"{{#list}}{{#item}}{{#warm}}{{name}}{{item}}{{/warm}}{{/item}}{{/list}}", "AnnaAnnbAnnc",
         ""},
        {"a{{! a remark}}b\n", "ab\n", "ab\n"},
        {"a\n{{! alone }}\nb\n", "a\nb\n", "a\nb\n"},
        {"a\n  {{#warm}}  \nb\n{{/warm}}\nc\n", "a\nb\nc\n", "a\nc\n"},
        {"{{#warm}}\nb\n{{/warm}}", "b\n", ""},
        {"{{name}}\nb\n", "Ann\nb\n", "\nb\n"},
        {"{{> greeting}}\nb\n", "Hello Ann\nb\n", "Hello \nb\n"},
        {"{{#warm}}{{> greeting}}{{/warm}}", "Hello Ann\n", ""},
        {"> {{lines}}\n", "> one\n> two\n> \n> four\n", "> \n"},
        {"it says: {{lines}}", "it says: one\nit says: two\nit says: \nit says: four", "it says: "},
        {"{ {{name}} } }}", "{ Ann } }}", "{  } }}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_shown(LBX_TEMPLATE_TEXT, rows[i].text, &full, rows[i].full);
        check_shown(LBX_TEMPLATE_TEXT, rows[i].text, &empty, rows[i].empty);
    }
}

static void test_html(void **state) {
    (void)state;
    const struct subject subject = {
        "<b>\"A\" & 'B'</b>", "<i>\n&amp;", "https://x/?a=1&b=\"2\"", {"x"}, 1, true};
    check_shown(LBX_TEMPLATE_HTML, "<p>{{name}}</p>", &subject,
                "<p>&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;</p>");
    check_shown(LBX_TEMPLATE_HTML, "<p title=\"{{name}}\">x</p>", &subject,
                "<p title=\"&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;\">x</p>");
    check_shown(LBX_TEMPLATE_HTML, "<a href=\"{{link}}\">x</a>", &subject,
                "<a href=\"https://x/?a=1&amp;b=&quot;2&quot;\">x</a>");
    check_shown(LBX_TEMPLATE_HTML, "<p>{{lines}}</p>", &subject, "<p>&lt;i&gt;<br>\n&amp;amp;</p>");
}

/* What a value holds is never read as a template, and never steers. */
static void test_values_are_text(void **state) {
    (void)state;
    static const struct {
        const char *value, *text;
    } rows[] = {
        {"{{name}}", "{{name}}"},
        {"{{#warm}}", "{{#warm}}"},
        {"{{/warm}}", "{{/warm}}"},
        {"{{> greeting}}", "{{> greeting}}"},
        {"a\nb", "a b"},
        {"a\r\nSubject: b", "a  Subject: b"},
        {"\xE2\x80\xAEx", "\xEF\xBF\xBDx"},
        {"\xFF", "\xEF\xBF\xBD"},
        {"\x1B[2J", "\xEF\xBF\xBD[2J"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct subject subject = full;
        subject.name = rows[i].value;
        char expected[64];
        (void)snprintf(expected, sizeof expected, "[%s]", rows[i].text);
        check_shown(LBX_TEMPLATE_LINE, "{{#warm}}[{{name}}]{{/warm}}", &subject, expected);
    }
}

#define LONG "file:1: no such value: {{averyveryveryveryveryveryveryveryveryver}}"

static void test_refused(void **state) {
    (void)state;
    static const struct {
        enum lbx_template_form form;
        const char *text, *reason;
    } rows[] = {
        {LBX_TEMPLATE_TEXT, "a\n{{nothing}}", "file:2: no such value: {{nothing}}"},
        {LBX_TEMPLATE_TEXT, "{{}}", "file:1: no such value: {{}}"},
        {LBX_TEMPLATE_TEXT, "{{{name}}}", "file:1: no such value: {{{name}}"},
        {LBX_TEMPLATE_TEXT, "{{&name}}", "file:1: no such value: {{&name}}"},
        {LBX_TEMPLATE_TEXT, "{{name.length}}", "file:1: no such value: {{name.length}}"},
        {LBX_TEMPLATE_TEXT, "{{=<% %>=}}", "file:1: no such value: {{=<% %>=}}"},
        {LBX_TEMPLATE_TEXT, "a\nb {{name\n}}", "file:2: {{ without }} in its line"},
        {LBX_TEMPLATE_TEXT, "{{", "file:1: {{ without }} in its line"},
        {LBX_TEMPLATE_TEXT, "a\n{{#warm}}\nb\n", "file:4: the section of line 2 is not closed"},
        {LBX_TEMPLATE_TEXT, "{{/warm}}", "file:1: {{/warm}} closes nothing"},
        {LBX_TEMPLATE_TEXT, "{{#warm}}\n{{#name}}\n{{/warm}}",
         "file:3: {{/warm}} where {{/name}} is due"},
        {LBX_TEMPLATE_TEXT, "{{item}}", "file:1: {{item}} outside of {{#list}}"},
        {LBX_TEMPLATE_TEXT, "{{^list}}{{item}}{{/list}}", "file:1: {{item}} outside of {{#list}}"},
        {LBX_TEMPLATE_TEXT, "{{#list}}{{/list}}{{item}}", "file:1: {{item}} outside of {{#list}}"},
        {LBX_TEMPLATE_TEXT, "{{#list}}{{other}}", "file:1: {{other}} outside of {{#others}}"},
        {LBX_TEMPLATE_TEXT, "{{#nothing}}x{{/nothing}}", "file:1: no such value: {{nothing}}"},
        {LBX_TEMPLATE_TEXT, "{{#warm}}{{/lines}}", "file:1: {{/lines}} where {{/warm}} is due"},
        {LBX_TEMPLATE_TEXT, "{{averyveryveryveryveryveryveryveryveryveryveryverylongname}}", LONG},
        {LBX_TEMPLATE_TEXT, "a\x7F", "file:1: a control character"},
        {LBX_TEMPLATE_HTML, "<script>{{name}}", "file:1: an element that a mail may not have"},
        {LBX_TEMPLATE_TEXT, "{{#list}}{{#list}}", "file:1: a list within a list"},
        {LBX_TEMPLATE_TEXT, "{{warm}}", "file:1: {{warm}} has no words of its own: {{#warm}}"},
        {LBX_TEMPLATE_TEXT, "{{list}}", "file:1: {{list}} has no words of its own: {{#list}}"},
        {LBX_TEMPLATE_TEXT, "{{> nowhere}}", "file:1: no such part: {{> nowhere}}"},
        {LBX_TEMPLATE_TEXT, "{{> nested}}", "nested.txt:1: a part that includes another"},
        {LBX_TEMPLATE_TEXT, "{{> broken}}", "broken.txt:2: no such value: {{nothing}}"},
        {LBX_TEMPLATE_TEXT, "{{#warm}}{{> closes}}", "closes.txt:1: {{/warm}} closes nothing"},
        {LBX_TEMPLATE_TEXT, "a\n{{lines}}",
         "file:2: {{lines}} has several lines, and needs its own beginning, such as \"> {{lines}}\""},
        {LBX_TEMPLATE_TEXT, "> {{name}}{{lines}}",
         "file:1: {{lines}} has several lines, and needs its own beginning, such as \"> {{lines}}\""},
        {LBX_TEMPLATE_LINE, "> {{lines}}", "file:1: {{lines}} has several lines"},
        {LBX_TEMPLATE_TEXT, "a\r\n", "file:1: a line that ends in CR LF; LF is wanted"},
        {LBX_TEMPLATE_TEXT, "a\n\x1B", "file:2: a control character"},
        {LBX_TEMPLATE_TEXT, "a\n\xFF", "file:2: not UTF-8"},
        {LBX_TEMPLATE_TEXT,
         "{{#warm}}{{#warm}}{{#warm}}{{#warm}}{{#warm}}{{#warm}}{{#warm}}{{#warm}}{{#warm}}",
         "file:1: more than 8 sections in each other"},
        {LBX_TEMPLATE_HTML, "<p>\n<script>", "file:2: an element that a mail may not have"},
        {LBX_TEMPLATE_HTML, "<p", "file:1: ends within a tag"},
        {LBX_TEMPLATE_HTML, "<p {{#warm}}>", "file:1: a section that begins within a tag"},
        {LBX_TEMPLATE_HTML, "{{#warm}}<p {{/warm}}", "file:1: a section that ends within a tag"},
        {LBX_TEMPLATE_HTML, "<a href=\"{{name}}\">",
         "file:1: {{name}} in href, which takes a link"},
        {LBX_TEMPLATE_HTML, "<a href=\"{{link}}/x\">", "file:1: something beside the link in href"},
        {LBX_TEMPLATE_HTML, "<p title=\"{{lines}}\">",
         "file:1: {{lines}} has several lines: not in an attribute"},
        {LBX_TEMPLATE_HTML, "<title>{{lines}}</title>",
         "file:1: {{lines}} has several lines: not in an attribute"},
        {LBX_TEMPLATE_HTML, "<{{name}}>",
         "file:1: {{name}} where no value may stand: not in text, nor in title, aria-label, value or "
         "a whole href"},
        {LBX_TEMPLATE_HTML, "<style>{{name}}</style>",
         "file:1: {{name}} where no value may stand: not in text, nor in title, aria-label, value or "
         "a whole href"},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_template *template = NULL;
        struct lbx_template_reason reason = {""};
        enum lbx_err err = parse(rows[i].form, rows[i].text, &template, &reason);
        CHECK_ROW(&bad, rows[i].text, err == LBX_ERR_INVALID && !template, "taken");
        CHECK_ROW(&bad, rows[i].text, same(reason.text, rows[i].reason), "%s", reason.text);
    }
    assert_int_equal(bad, 0);
}

static void check_only(const bool *shown, size_t count, const int *expected) {
    bool wanted[LBX_VALUES_MAX] = {0};
    for (size_t i = 0; i < count; i++)
        wanted[expected[i]] = true;
    assert_memory_equal(shown, wanted, sizeof wanted);
}

static void test_shown(void **state) {
    (void)state;
    struct lbx_template *template;
    struct lbx_template_reason reason;
    assert_int_equal(parse(LBX_TEMPLATE_TEXT,
                           "{{name}}{{#warm}}{{link}}{{/warm}}{{#list}}{{item}}{{/list}}",
                           &template, &reason),
                     LBX_OK);
    struct lbx_buf out LBX_BUF = {0};
    bool shown[LBX_VALUES_MAX] = {0};
    lbx_template_show(template, &full, &out, shown);
    check_only(shown, 5, (const int[]){NAME, LINK, WARM, LIST, ITEM});
    memset(shown, 0, sizeof shown);
    lbx_template_show(template, &empty, &out, shown);
    check_only(shown, 1, (const int[]){WARM});
    lbx_template_free(template);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_html),
        cmocka_unit_test(test_values_are_text),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_shown),
    };
    return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}

/* What HTML a template may have, and where in it a value may stand. */
#include "mail/markup.h"

#include "base/cleanup.h"
#include "check.h"

#include <stdlib.h>

/* What is wrong with the text, NULL where nothing is. */
static const char *feed(struct lbx_markup *markup, const char *text) {
    const char *wrong = NULL;
    for (; !wrong && *text; text++)
        wrong = lbx_markup_feed(markup, *text);
    return wrong;
}

static void test_places(void **state) {
    (void)state;
    static const struct {
        const char *before;
        enum lbx_markup_place place;
    } rows[] = {
        {"", LBX_MARKUP_TEXT},
        {"<!DOCTYPE html>\n<p>", LBX_MARKUP_TEXT},
        {"<p class=\"x\">a</p>", LBX_MARKUP_TEXT},
        {"<br/>", LBX_MARKUP_TEXT},
        {"<p\nclass=\"x\"\ntitle=\"y\">", LBX_MARKUP_TEXT},
        {"<p style=\"color: red\">", LBX_MARKUP_TEXT},
        {"<a href=\"https://x\">", LBX_MARKUP_TEXT},
        {"<a href=\"http://x\">", LBX_MARKUP_TEXT},
        {"<a href=\"mailto:x\">", LBX_MARKUP_TEXT},
        {"<style>p { color: #fff; }</style>", LBX_MARKUP_TEXT},
        {"<title>", LBX_MARKUP_ATTRIBUTE},
        {"<title>x</title>", LBX_MARKUP_TEXT},
        {"<p title=\"", LBX_MARKUP_ATTRIBUTE},
        {"<li value=\"1", LBX_MARKUP_ATTRIBUTE},
        {"<a href=\"", LBX_MARKUP_LINK},
        {"<a href=\"https://", LBX_MARKUP_NONE},
        {"<p class=\"", LBX_MARKUP_NONE},
        {"<p style=\"", LBX_MARKUP_NONE},
        {"<p ", LBX_MARKUP_NONE},
        {"<", LBX_MARKUP_NONE},
        {"<p", LBX_MARKUP_NONE},
        {"<p title", LBX_MARKUP_NONE},
        {"<p title=", LBX_MARKUP_NONE},
        {"<style>", LBX_MARKUP_NONE},
        {"<!doc", LBX_MARKUP_NONE},
        {"</p", LBX_MARKUP_NONE},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_markup markup = {0};
        const char *wrong = feed(&markup, rows[i].before);
        CHECK_ROW(&bad, rows[i].before, !wrong, "%s", wrong);
        if (!wrong)
            CHECK_ROW(&bad, rows[i].before, lbx_markup_place(&markup) == rows[i].place, "place %d",
                      (int)lbx_markup_place(&markup));
    }
    assert_int_equal(bad, 0);
}

static void test_refused(void **state) {
    (void)state;
    static const char *const rows[] = {
        "<script>",
        "<SCRIPT >",
        "<img src=\"x\">",
        "<iframe>",
        "<link rel=\"stylesheet\">",
        "<svg>",
        "<form>",
        "<input>",
        "<base href=\"https://x\">",
        "<object>",
        "</script>",
        "<averyveryverylongname>",
        "<p onclick=\"x\">",
        "<p ONLOAD=\"x\">",
        "<p src=\"x\">",
        "<p background=\"x\">",
        "<meta http-equiv=\"refresh\">",
        "<{",
        "<p[",
        "</p/>",
        "</p\n>",
        "<p averyveryverylongname=\"x\">",
        "<p class\"x\">",
        "<p class=x>",
        "<p class='x'>",
        "<p hidden>",
        "<p \"x\">",
        "<p class=\"x\" / >",
        "<a href=\"javascript:alert(1)\">",
        "<a href=\"JavaScript:alert(1)\">",
        "<a href=\" https://x\">",
        "<a href=\"data:text/html,x\">",
        "<a href=\"//evil.example\">",
        "<a href=\"\">",
        "<p style=\"background: url(x)\">",
        "<p style=\"background: U\\52L(x)\">",
        "<style>@import 'x';",
        "<style>p { background: url(",
        "<style>p { background: URL(",
        "<style>p { background: image-set(",
        "<style>p { background: -webkit-image-set(",
        "<style>p { content: \"\\",
        "<style></styl<",
        "<style></p>",
        "<!-- x -->",
        "<!doctype html SYSTEM>",
        "<![CDATA[",
        "a < b",
        "<>",
        "<1>",
        "</p x>",
        "<?php",
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_markup markup = {0};
        CHECK_ROW(&bad, rows[i], feed(&markup, rows[i]) != NULL, "taken");
    }
    assert_int_equal(bad, 0);
    char *longest LBX_FREE = malloc(400);
    memset(longest, 'x', 399);
    memcpy(longest, "<p title=\"", 10);
    longest[399] = '\0';
    struct lbx_markup markup = {0};
    assert_non_null(feed(&markup, longest));
}

static void test_a_link_stands_alone(void **state) {
    (void)state;
    struct lbx_markup markup = {0};
    assert_null(feed(&markup, "<a href=\""));
    lbx_markup_link(&markup);
    assert_int_equal(lbx_markup_place(&markup), LBX_MARKUP_NONE);
    struct lbx_markup more = markup;
    assert_null(feed(&markup, "\">"));
    assert_int_equal(lbx_markup_place(&markup), LBX_MARKUP_TEXT);
    assert_non_null(feed(&more, "/x\">"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_a_link_stands_alone),
    };
    return cmocka_run_group_tests_name("markup", tests, NULL, NULL);
}

/* A state machine over the bytes of an HTML template. Promises to know at each byte whether a value
 * may stand there. Fails, for good, on any construct that it does not know, with static words. */
#include "mail/markup.h"

#include "base/text.h"

#include <string.h>

enum state {
    IN_TEXT,
    AFTER_LT,
    IN_DECLARATION,
    IN_NAME,
    IN_TAG,
    AFTER_SLASH,
    IN_ATTRIBUTE,
    AFTER_EQUALS,
    IN_VALUE,
    IN_STYLE,
};

static const char *const elements[] = {
    "html",       "head",    "meta", "title", "style", "body",  "header", "main", "footer",
    "section",    "article", "div",  "span",  "p",     "h1",    "h2",     "h3",   "h4",
    "ol",         "ul",      "li",   "dl",    "dt",    "dd",    "a",      "b",    "strong",
    "i",          "em",      "u",    "small", "sub",   "sup",   "code",   "pre",  "bdi",
    "blockquote", "br",      "hr",   "table", "thead", "tbody", "tfoot",  "tr",   "th",
    "td",         "caption", "abbr", "time",  NULL,
};

static const char *const attributes[] = {
    "lang",        "dir",         "class",       "id",      "role",  "title", "aria-label",
    "aria-hidden", "scope",       "colspan",     "rowspan", "value", "start", "href",
    "name",        "content",     "style",       "charset", "width", "align", "valign",
    "border",      "cellpadding", "cellspacing", NULL,
};

/* Attributes that may have values from outside. */
static const char *const open_attributes[] = {"title", "aria-label", "value", NULL};

/* Words by which a style sheet loads something, or hides that it does. */
static const char *const loading[] = {"url(", "@import",     "image(",   "image-set(",
                                      "src(", "cross-fade(", "element(", "expression(",
                                      "\\",   "<",           NULL};

static bool listed(const char *const *list, const char *name) {
    for (size_t i = 0; list[i]; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

static bool letter(char c) {
    return lbx_lower(c) >= 'a' && lbx_lower(c) <= 'z';
}

static bool space(char c) {
    return c == ' ' || c == '\n';
}

static bool begins_with(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

static bool ends_with(const char *text, size_t len, const char *with) {
    size_t n = strlen(with);
    return len >= n && memcmp(text + len - n, with, n) == 0;
}

static const char *to(struct lbx_markup *markup, enum state state) {
    markup->state = (int)state;
    markup->len = 0;
    return NULL;
}

/* Appends to a name of LBX_MARKUP_NAME_SIZE. False: the name is too long to be in a list. */
static bool add(struct lbx_markup *markup, char *name, char c) {
    if (markup->len + 1 >= LBX_MARKUP_NAME_SIZE)
        return false;
    name[markup->len++] = lbx_lower(c);
    name[markup->len] = '\0';
    return true;
}

static const char *after_lt(struct lbx_markup *markup, char c) {
    markup->closing = false;
    if (c == '!')
        return to(markup, IN_DECLARATION);
    (void)to(markup, IN_NAME);
    markup->closing = c == '/';
    markup->element[0] = '\0';
    if (!markup->closing && !letter(c))
        return "a < that begins no element; write &lt;";
    if (letter(c))
        (void)add(markup, markup->element, c);
    return NULL;
}

static const char *in_declaration(struct lbx_markup *markup, char c) {
    static const char doctype[] = "doctype html>";
    if (lbx_lower(c) != doctype[markup->len])
        return "a comment or declaration; remarks are {{! … }}";
    markup->len++;
    return c == '>' ? to(markup, IN_TEXT) : NULL;
}

static const char *end_of_tag(struct lbx_markup *markup) {
    bool style = !markup->closing && strcmp(markup->element, "style") == 0;
    return to(markup, style ? IN_STYLE : IN_TEXT);
}

static const char *in_name(struct lbx_markup *markup, char c) {
    if (letter(c) || (c >= '0' && c <= '9'))
        return add(markup, markup->element, c) ? NULL : "an element that a mail may not have";
    if (!listed(elements, markup->element))
        return "an element that a mail may not have";
    if (c == '>')
        return end_of_tag(markup);
    if (space(c) && !markup->closing)
        return to(markup, IN_TAG);
    if (c == '/' && !markup->closing)
        return to(markup, AFTER_SLASH);
    return "a tag that is not closed by >";
}

static const char *in_tag(struct lbx_markup *markup, char c) {
    if (space(c))
        return NULL;
    if (c == '>')
        return end_of_tag(markup);
    if (c == '/')
        return to(markup, AFTER_SLASH);
    if (!letter(c))
        return "something else than attributes";
    (void)to(markup, IN_ATTRIBUTE);
    (void)add(markup, markup->attribute, c); /* the first character: there is room */
    return NULL;
}

static const char *in_attribute(struct lbx_markup *markup, char c) {
    if (letter(c) || c == '-')
        return add(markup, markup->attribute, c) ? NULL : "an attribute that a mail may not have";
    if (!listed(attributes, markup->attribute))
        return "an attribute that a mail may not have";
    markup->is_link = false;
    markup->value[0] = '\0';
    return c == '=' ? to(markup, AFTER_EQUALS) : "an attribute without a value";
}

static const char *loads(const char *css) {
    for (size_t i = 0; loading[i]; i++)
        if (strstr(css, loading[i]))
            return "a style that could load something";
    return NULL;
}

static const char *style_ended(struct lbx_markup *markup) {
    const char *wrong = loads(markup->value);
    return wrong ? wrong : to(markup, IN_TAG);
}

static const char *end_of_value(struct lbx_markup *markup) {
    static const char *const schemes[] = {"https://", "http://", "mailto:", NULL};
    bool fits = markup->is_link;
    if (strcmp(markup->attribute, "style") == 0)
        return style_ended(markup);
    for (size_t i = 0; schemes[i]; i++)
        fits = fits || begins_with(markup->value, schemes[i]);
    if (strcmp(markup->attribute, "href") == 0 && !fits)
        return "an address that is neither a link nor https:, http: or mailto:";
    return to(markup, IN_TAG);
}

static const char *in_value(struct lbx_markup *markup, char c) {
    if (c == '"')
        return end_of_value(markup);
    if (markup->is_link)
        return "something beside the link in href";
    if (markup->len + 1 >= LBX_MARKUP_VALUE_SIZE)
        return "an attribute's value longer than 255 bytes";
    markup->value[markup->len++] = lbx_lower(c);
    markup->value[markup->len] = '\0';
    return NULL;
}

/* Checks the last few bytes only, as no word of `loading` is longer. */
static const char *in_style(struct lbx_markup *markup, char c) {
    enum { WINDOW = 16 };
    if (markup->len == WINDOW)
        memmove(markup->value, markup->value + 1, --markup->len);
    markup->value[markup->len++] = lbx_lower(c);
    markup->value[markup->len] = '\0';
    if (ends_with(markup->value, markup->len, "</style>"))
        return to(markup, IN_TEXT);
    const char *lt = strchr(markup->value, '<');
    if (lt && begins_with("</style>", lt)) /* may become the end tag */
        return NULL;
    return loads(markup->value);
}

const char *lbx_markup_feed(struct lbx_markup *markup, char c) {
    switch ((enum state)markup->state) {
    case IN_TEXT:
        return c == '<' ? to(markup, AFTER_LT) : NULL;
    case AFTER_LT:
        return after_lt(markup, c);
    case IN_DECLARATION:
        return in_declaration(markup, c);
    case IN_NAME:
        return in_name(markup, c);
    case IN_TAG:
        return in_tag(markup, c);
    case AFTER_SLASH:
        return c == '>' ? end_of_tag(markup) : "a / that ends no tag";
    case IN_ATTRIBUTE:
        return in_attribute(markup, c);
    case AFTER_EQUALS:
        return c == '"' ? to(markup, IN_VALUE) : "an attribute's value without double quotes";
    case IN_VALUE:
        return in_value(markup, c);
    case IN_STYLE:
        break;
    }
    return in_style(markup, c);
}

enum lbx_markup_place lbx_markup_place(const struct lbx_markup *markup) {
    if (markup->state == IN_TEXT) /* <title> has no elements, not even <br> */
        return !markup->closing && strcmp(markup->element, "title") == 0 ? LBX_MARKUP_ATTRIBUTE
                                                                         : LBX_MARKUP_TEXT;
    if (markup->state != IN_VALUE || markup->is_link)
        return LBX_MARKUP_NONE;
    if (strcmp(markup->attribute, "href") == 0 && markup->len == 0)
        return LBX_MARKUP_LINK;
    return listed(open_attributes, markup->attribute) ? LBX_MARKUP_ATTRIBUTE : LBX_MARKUP_NONE;
}

void lbx_markup_link(struct lbx_markup *markup) {
    markup->is_link = true;
}

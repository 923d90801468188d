/* Makes text from outside harmless, and writes items, times and durations as phrases. Promises
 * one line of well-formed UTF-8, whatever the input. Cannot fail. */
#include "mail/words.h"

#include "base/time.h"
#include "base/utf8.h"
#include "core/forbidden.h"

#include <stdbool.h>
#include <string.h>

/* ---- harmless text ---- */

#define REPLACEMENT "\xEF\xBF\xBD"

struct range {
    uint32_t first, last;
};

static bool within(const struct range *ranges, size_t count, uint32_t c) {
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

/* Whether a character controls or hides text. Joiners (U+200C, U+200D) are allowed, as scripts
 * and emoji need them. */
static bool steers(uint32_t c) {
    static const struct range ranges[] = {
        {0x00, 0x1F},       /* C0 controls */
        {0x7F, 0x9F},       /* delete, C1 controls */
        {0xAD, 0xAD},       /* soft hyphen */
        {0x34F, 0x34F},     /* combining grapheme joiner */
        {0x61C, 0x61C},     /* Arabic letter mark */
        {0x115F, 0x1160},   /* Hangul fillers */
        {0x17B4, 0x17B5},   /* Khmer inherent vowels */
        {0x180E, 0x180E},   /* Mongolian vowel separator */
        {0x200B, 0x200B},   /* zero width space */
        {0x200E, 0x200F},   /* left-to-right, right-to-left mark */
        {0x2028, 0x202E},   /* line and paragraph separator, embeddings, overrides */
        {0x2060, 0x206F},   /* word joiner, invisible operators, isolates */
        {0x3164, 0x3164},   /* Hangul filler */
        {0xFEFF, 0xFEFF},   /* byte order mark */
        {0xFFA0, 0xFFA0},   /* halfwidth Hangul filler */
        {0xFFF0, 0xFFFB},   /* unassigned, interlinear annotation */
        {0x1D173, 0x1D17A}, /* musical beams, slurs and phrases */
        {0xE0000, 0xE0FFF}, /* tags, variations */
    };
    return within(ranges, sizeof ranges / sizeof *ranges, c);
}

bool lbx_character_misleads(uint32_t character) {
    static const struct range ranges[] = {
        {0xA0, 0xA0},        /* no-break space */
        {0x300, 0x36F},      /* combining marks */
        {0x483, 0x489},      /* Cyrillic combining marks */
        {0x590, 0x8FF},      /* Hebrew, Arabic, Syriac, Thaana and others from right to left */
        {0x1680, 0x1680},    /* Ogham space */
        {0x180B, 0x180F},    /* Mongolian variation selectors */
        {0x1AB0, 0x1AFF},    /* combining marks */
        {0x1DC0, 0x1DFF},    /* combining marks */
        {0x2000, 0x200D},    /* spaces, joiners */
        {0x202F, 0x202F},    /* narrow no-break space */
        {0x205F, 0x205F},    /* mathematical space */
        {0x20D0, 0x20FF},    /* combining marks for symbols */
        {0x2800, 0x2800},    /* blank Braille pattern */
        {0x3000, 0x3000},    /* ideographic space */
        {0xD800, 0xF8FF},    /* private use */
        {0xFB1D, 0xFDFF},    /* Hebrew and Arabic presentation forms */
        {0xFE00, 0xFE0F},    /* variation selectors */
        {0xFE20, 0xFE2F},    /* combining half marks */
        {0xFE70, 0xFEFF},    /* Arabic presentation forms */
        {0xFFFC, 0xFFFF},    /* object and replacement character, none */
        {0x10800, 0x10FFF},  /* scripts from right to left */
        {0x1E800, 0x1EFFF},  /* scripts from right to left */
        {0xF0000, 0x10FFFF}, /* private use */
    };
    return steers(character) || within(ranges, sizeof ranges / sizeof *ranges, character);
}

static uint32_t code_point(const char *s, size_t n) {
    static const unsigned char first_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t c = (unsigned char)s[0] & first_mask[n];
    for (size_t i = 1; i < n; i++)
        c = c << 6 | ((unsigned char)s[i] & 0x3F);
    return c;
}

size_t lbx_text_character(const char *text, uint32_t *ret_character) {
    size_t len = lbx_utf8_len(text, strnlen(text, 4));
    *ret_character = len ? code_point(text, len) : 0xFFFD;
    return len ? len : 1;
}

/* The number of printable ASCII bytes at the beginning: most text has no others. */
static size_t plain(const char *text, size_t len) {
    size_t n = 0;
    while (n < len && text[n] >= ' ' && text[n] <= '~')
        n++;
    return n;
}

void lbx_text_harmless_n(const char *text, size_t len, struct lbx_buf *out) {
    for (size_t i = 0; i < len;) {
        size_t run = plain(text + i, len - i);
        lbx_buf_add(out, text + i, run);
        i += run;
        if (i == len)
            break;
        size_t n = lbx_utf8_len(text + i, len - i);
        if (n == 1 && (text[i] == '\n' || text[i] == '\r' || text[i] == '\t'))
            lbx_buf_char(out, ' ');
        else if (n == 0 || steers(code_point(text + i, n)))
            lbx_buf_str(out, REPLACEMENT);
        else
            lbx_buf_add(out, text + i, n);
        i += n ? n : 1;
    }
}

void lbx_text_harmless(const char *text, struct lbx_buf *out) {
    if (text)
        lbx_text_harmless_n(text, strlen(text), out);
}

void lbx_text_shortened(const char *text, size_t chars, struct lbx_buf *out) {
    struct lbx_buf all LBX_BUF = {0};
    lbx_text_harmless(text, &all);
    size_t at = 0;
    for (; at < all.len && chars > 0; chars--)
        at += lbx_utf8_len(all.data + at, all.len - at);
    lbx_buf_add(out, all.data, at);
    if (at < all.len)
        lbx_buf_str(out, "\xE2\x80\xA6");
}

/* ---- words ---- */

void lbx_duration_words(int64_t us, struct lbx_buf *out) {
    static const struct {
        const char *name;
        int64_t us;
    } units[] = {
        {"day", INT64_C(86400000000)},
        {"hour", INT64_C(3600000000)},
        {"minute", INT64_C(60000000)},
        {"second", INT64_C(1000000)},
    };
    enum { LAST = sizeof units / sizeof units[0] - 1 };

    if (us >= LBX_DURATION_BEYOND) {
        lbx_buf_str(out, "more than 10,000 days");
        return;
    }
    if (us > 0 && us < units[LAST].us) {
        lbx_buf_str(out, "less than a second");
        return;
    }
    if (us < 0)
        us = 0;
    size_t unit = 0;
    while (unit < LAST && us < units[unit].us)
        unit++;
    const int64_t step = units[unit < LAST ? unit + 1 : LAST].us;
    us = (us + step / 2) / step * step;
    if (unit > 0 && us == units[unit - 1].us) /* 59 minutes and 30 seconds round to an hour */
        unit--;
    int64_t whole = us / units[unit].us;
    lbx_buf_printf(out, "%lld %s%s", (long long)whole, units[unit].name, whole == 1 ? "" : "s");
    int64_t part = unit < LAST ? us % units[unit].us / units[unit + 1].us : 0;
    if (part)
        lbx_buf_printf(out, " %lld %s%s", (long long)part, units[unit + 1].name,
                       part == 1 ? "" : "s");
}

void lbx_moment_words(int64_t us, struct lbx_buf *out) {
    char iso[LBX_TIME_SIZE];
    if (us <= 0) {
        lbx_buf_str(out, "a time not known");
        return;
    }
    lbx_time_format(us, iso);
    lbx_buf_printf(out, "%.10s %.8s UTC", iso, iso + 11);
}

void lbx_deadline_words(int64_t us, int64_t now, struct lbx_buf *out) {
    lbx_moment_words(us, out);
    if (us <= 0)
        return;
    if (us <= now) {
        lbx_buf_str(out, " (now past)");
        return;
    }
    lbx_buf_str(out, " (");
    lbx_duration_words(us - now, out);
    lbx_buf_str(out, " left)");
}

/* Writes a part of an item. Names of Kubernetes are not quoted; text that could be read as
 * several words is, so that no name looks like the rest of the sentence. */
static void part(const char *before, const char *text, struct lbx_buf *out) {
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:/@";
    if (!text || !*text)
        return;
    lbx_buf_str(out, before);
    if (text[strspn(text, plain)] == '\0') {
        lbx_buf_str(out, text);
        return;
    }
    struct lbx_buf clean LBX_BUF = {0};
    lbx_text_harmless(text, &clean);
    lbx_buf_char(out, '"');
    for (size_t i = 0; i < clean.len; i++) {
        if (clean.data[i] == '"' || clean.data[i] == '\\')
            lbx_buf_char(out, '\\');
        lbx_buf_char(out, clean.data[i]);
    }
    lbx_buf_char(out, '"');
}

static bool given(const char *text) {
    return text && *text;
}

static void plain_item_words(const struct lbx_item *item, struct lbx_buf *out) {
    static const struct {
        const char *action, *verb, *everywhere;
    } objects[] = {
        {"create_object", "Create", " (cluster-scoped)"},
        {"update_object", "Update", " (cluster-scoped)"},
        {"delete_object", "Delete", " (cluster-scoped)"},
        {"list_or_get_objects", "List or get", " in every namespace"},
    };
    const char *action = item->action ? item->action : "";
    if (strcmp(action, "get_pod_logs") == 0) {
        lbx_buf_str(out, given(item->name) ? "Get logs from pod" : "Get logs from every pod");
        part(" ", item->name, out);
        part(", container ", item->container, out);
        part(" in ", item->namespace, out);
        return;
    }
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
        if (strcmp(action, objects[i].action) == 0) {
            lbx_buf_str(out, objects[i].verb);
            part(" ", given(item->kind) ? item->kind : "object", out);
            part(" ", item->name, out);
            part(" with uid ", item->uid, out);
            if (given(item->namespace))
                part(" in ", item->namespace, out);
            else
                lbx_buf_str(out, objects[i].everywhere);
            return;
        }
    lbx_buf_str(out, "Not a permitted action:");
    part(" ", given(action) ? action : "none", out);
    part(" ", item->kind, out);
    part(" ", item->name, out);
    part(" in ", item->namespace, out);
}

void lbx_item_words(const struct lbx_item *item, struct lbx_buf *out) {
    plain_item_words(item, out);
    if (!item->action)
        return;
    const bool runs = lbx_item_runs_programs(item), leaves = lbx_item_leaves_managed(item);
    if (runs || leaves)
        lbx_buf_printf(out, " [%s%s%s]", runs ? "runs programs" : "", runs && leaves ? ", " : "",
                       leaves ? "outside the managed namespaces" : "");
}

void lbx_person_words(const char *name, const char *email, const char *id, struct lbx_buf *out) {
    lbx_text_harmless(given(name) ? name : given(email) ? email : id, out);
    if (given(name) && given(email)) {
        lbx_buf_str(out, " (");
        lbx_text_harmless(email, out);
        lbx_buf_char(out, ')');
    }
}

void lbx_cluster_words(const char *resource_id, struct lbx_buf *out) {
    const char *id = resource_id ? resource_id : "";
    size_t end = strlen(id), start;
    while (end > 0 && id[end - 1] == '/')
        end--;
    for (start = end; start > 0 && id[start - 1] != '/';)
        start--;
    lbx_text_harmless_n(id + start, end - start, out);
}

/* Checks a list of changes entry by entry. Promises that each entry has no member but the three, as approvers see only these.
 * Fails with a sentence. The text is canonical JSON: members are in the order after, before, path, without spaces. */
#include "core/changes_form.h"

#include <string.h>

/* The JSON of a value; len 0: absent. */
struct span {
    const char *at;
    size_t len;
};

struct entry {
    struct span after, before, path;
};

/* ---- canonical JSON ---- */

static bool take(const char **at, const char *text) {
    size_t len = strlen(text);
    if (strncmp(*at, text, len) != 0)
        return false;
    *at += len;
    return true;
}

static const char *text_end(const char *at) {
    for (at++; *at && *at != '"'; at++)
        at += *at == '\\' && at[1];
    return *at ? at + 1 : at;
}

const char *lbx_changes_value_end(const char *at) {
    for (int depth = 0; *at;) {
        if (depth == 0 && strchr(",]}", *at))
            return at;
        if (*at == '"') {
            at = text_end(at);
            continue;
        }
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        at++;
    }
    return at;
}

static void take_member(const char **at, const char *name, struct span *ret_value) {
    *ret_value = (struct span){0};
    if (!take(at, name))
        return;
    const char *end = lbx_changes_value_end(*at);
    *ret_value = (struct span){*at, (size_t)(end - *at)};
    *at = end;
    (void)take(at, ",");
}

static bool take_entry(const char **at, struct entry *ret_entry) {
    if (!take(at, "{"))
        return false;
    take_member(at, "\"after\":", &ret_entry->after);
    take_member(at, "\"before\":", &ret_entry->before);
    take_member(at, "\"path\":", &ret_entry->path);
    return take(at, "}") && ret_entry->path.len && *ret_entry->path.at == '"' &&
           (ret_entry->after.len || ret_entry->before.len);
}

/* ---- paths ---- */

static bool is_whole_object(const struct span *path) {
    return path->len == 2;
}

/* Whether a path is a JSON pointer to a part of the object: ~ occurs only in ~0 and ~1. */
static bool is_below_object(const struct span *path) {
    for (size_t i = 1; i + 1 < path->len; i++)
        if (path->at[i] == '~' && path->at[i + 1] != '0' && path->at[i + 1] != '1')
            return false;
    return path->at[1] == '/';
}

static unsigned char hex_digit(char c) {
    return (unsigned char)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* The next byte that a canonical JSON string stands for: only quotes, backslashes and control characters are escaped. */
static unsigned char next_byte(const char **at) {
    static const char escapes[] = "btnfr", meant[] = "\b\t\n\f\r";
    const char *c = *at;
    if (*c != '\\') {
        *at += 1;
        return (unsigned char)*c;
    }
    *at += c[1] == 'u' ? 6 : 2;
    const char *escape = strchr(escapes, c[1]);
    return c[1] == 'u' ? (unsigned char)(hex_digit(c[4]) << 4 | hex_digit(c[5]))
           : escape    ? (unsigned char)meant[escape - escapes]
                       : (unsigned char)c[1];
}

/* Whether a path is before another in byte order. */
static bool precedes(const struct span *path, const struct span *other) {
    const char *a = path->at + 1, *b = other->at + 1;
    const char *a_end = path->at + path->len - 1, *b_end = other->at + other->len - 1;
    while (a < a_end && b < b_end) {
        unsigned char x = next_byte(&a), y = next_byte(&b);
        if (x != y)
            return x < y;
    }
    return a == a_end && b < b_end;
}

/* ---- entries ---- */

static bool is_same(const struct span *a, const struct span *b) {
    return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

static const char *update_fault(const struct entry *entry, const struct entry *last) {
    if (!is_below_object(&entry->path))
        return "a path in its changes is no JSON pointer to a part of the object";
    if (is_same(&entry->before, &entry->after))
        return "an entry of its changes changes nothing";
    return !last || precedes(&last->path, &entry->path)
               ? NULL
               : "its changes are not in byte order of their paths";
}

static bool is_creation_of(const struct entry *entry) {
    return is_whole_object(&entry->path) && !entry->before.len && *entry->after.at == '{';
}

const char *lbx_changes_fault(const char *changes, bool is_creation) {
    const char *at = changes, *fault = NULL;
    struct entry entries[2]; /* the current entry and the previous one */
    size_t count = 0;
    if (!take(&at, "[") || *at == ']')
        return "its changes are no list of entries";
    do {
        struct entry *entry = &entries[count % 2];
        if (!take_entry(&at, entry))
            return "its changes are not entries of path, before and after alone";
        if (!is_creation)
            fault = update_fault(entry, count ? &entries[(count + 1) % 2] : NULL);
        else if (!is_creation_of(entry) || count)
            fault = "its changes are not one entry, the whole object";
        count++;
    } while (!fault && take(&at, ","));
    return fault;
}

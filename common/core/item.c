/* Items: a table of the five actions and the members that each needs, and a table of each member's form. Pure. An
 * item that breaks a table fails with its first wrong member and the reason; its request is refused. */
#include "core/item.h"

#include "core/changes_form.h"

#include <stdio.h>
#include <string.h>

enum presence { NEVER, OPTIONAL, REQUIRED };

static const struct action {
    const char *name;
    enum presence namespace, kind, object, container, uid;
    bool openshift_only;
} actions[] = {
    {"create_object", OPTIONAL, REQUIRED, OPTIONAL, NEVER, NEVER, false},
    {"update_object", OPTIONAL, REQUIRED, REQUIRED, NEVER, NEVER, false},
    {"delete_object", OPTIONAL, REQUIRED, REQUIRED, NEVER, OPTIONAL, false},
    {"list_or_get_objects", OPTIONAL, REQUIRED, OPTIONAL, NEVER, NEVER, false},
    {"get_pod_logs", REQUIRED, NEVER, OPTIONAL, OPTIONAL, NEVER, true},
};

static const struct action *action_of(const char *name) {
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

bool lbx_action_permitted(const char *action) {
    return action_of(action) != NULL;
}

bool lbx_action_has_content(const char *action) {
    return strcmp(action, "create_object") == 0 || strcmp(action, "update_object") == 0;
}

/* ---- the form of members ---- */

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

enum { LABEL_MAX = 63, NAME_MAX_BYTES = 253 };

static bool alphanumeric(char c) {
    return c && strchr(LOWER DIGITS, c);
}

/* RFC 1123: lower-case letters and digits, with dashes between them. */
static bool label(const char *text, size_t len) {
    return len > 0 && len <= LABEL_MAX && strspn(text, LOWER DIGITS "-") >= len &&
           alphanumeric(text[0]) && alphanumeric(text[len - 1]);
}

static const char *namespace_fault(const char *text) {
    return label(text, strlen(text)) ? NULL : "not an RFC 1123 label";
}

/* A version of the Kubernetes API: v1, v1beta1, v2alpha3. */
static bool version(const char *text, size_t len) {
    if (len < 2 || *text != 'v')
        return false;
    size_t at = 1 + strspn(text + 1, DIGITS);
    if (at == 1)
        return false;
    size_t stage = strncmp(text + at, "beta", 4) == 0    ? 4
                   : strncmp(text + at, "alpha", 5) == 0 ? 5
                                                         : 0;
    size_t number = stage ? strspn(text + at + stage, DIGITS) : 0;
    return at + (number ? stage + number : 0) == len;
}

static const char *group_fault(const char *group) {
    if (strlen(group) > NAME_MAX_BYTES)
        return "its group is no DNS name in lower case";
    if (version(group, strcspn(group, ".")))
        return "a version is no part of it: write Kind.group, such as Deployment.apps";
    for (const char *at = group;; at++) {
        size_t len = strcspn(at, ".");
        if (!label(at, len))
            return "its group is no DNS name in lower case";
        at += len;
        if (!*at)
            return NULL;
    }
}

static const char *kind_fault(const char *text) {
    size_t len = strspn(text, UPPER LOWER DIGITS);
    if (!*text || !strchr(UPPER, *text) || len > LABEL_MAX || (text[len] && text[len] != '.'))
        return "not Kind or Kind.group, such as Pod or Deployment.apps";
    return text[len] ? group_fault(text + len + 1) : NULL;
}

const char *lbx_kind_group(const char *kind) {
    const char *dot = strchr(kind, '.');
    return dot ? dot + 1 : "";
}

/* A path segment in Kubernetes's URLs, of printable ASCII. */
static bool segment(const char *text, size_t most) {
    size_t len = strlen(text);
    for (const char *c = text; *c; c++)
        if (*c < 0x21 || *c > 0x7E || *c == '/' || *c == '%')
            return false;
    return len > 0 && len <= most && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static const char *name_fault(const char *text) {
    return segment(text, NAME_MAX_BYTES)
               ? NULL
               : "not 1 to 253 visible ASCII characters without / and %, nor . or ..";
}

static const char *uid_fault(const char *text) {
    return segment(text, 128) ? NULL : "not a Kubernetes uid";
}

/* ---- content ---- */

enum { CHANGES_MAX = 32 << 10, DIGEST_LEN = 64 };

static bool is_digest(const char *text) {
    return text && strlen(text) == DIGEST_LEN && strspn(text, DIGITS "abcdef") == DIGEST_LEN;
}

/* Whether apiVersion is "v1" for a kind of the core group, or "GROUP/v1" with the kind's group. */
static bool is_version_of(const char *api_version, const char *kind) {
    const char *group = lbx_kind_group(kind);
    size_t len = strlen(group);
    if (len > 0 && (strncmp(api_version, group, len) != 0 || api_version[len] != '/'))
        return false;
    const char *number = api_version + (len > 0 ? len + 1 : 0);
    return version(number, strlen(number));
}

static const char *changes_fault(const struct lbx_item *item, bool is_creation) {
    const char *changes = item->content.changes;
    if (!changes)
        return "its changes are missing";
    if (strlen(changes) > CHANGES_MAX)
        return "its changes are longer than 32 KB";
    return lbx_changes_fault(changes, is_creation);
}

static const char *content_fault(const struct lbx_item *item) {
    const struct lbx_item_content *it = &item->content;
    bool is_creation = strcmp(item->action, "create_object") == 0;
    if (!lbx_action_has_content(item->action))
        return "not with this action";
    if (!item->name)
        return "not without a name";
    if (it->normal_form != 1)
        return "its normal form is not 1";
    if (!it->api_version || !is_version_of(it->api_version, item->kind))
        return "its api_version is none of the kind's group";
    if (!is_digest(it->digest))
        return "its digest is no SHA-256 in hex";
    if (is_creation ? it->previous_digest != NULL : !is_digest(it->previous_digest))
        return is_creation ? "a creation has no previous_digest"
                           : "its previous_digest is no SHA-256 in hex";
    return changes_fault(item, is_creation);
}

bool lbx_item_has_content(const struct lbx_item *item) {
    const struct lbx_item_content *it = &item->content;
    return it->normal_form || it->api_version || it->digest || it->previous_digest || it->changes;
}

/* ---- an item ---- */

static bool openshift_namespace(const char *namespace) {
    return strcmp(namespace, "openshift") == 0 ||
           (strncmp(namespace, "openshift-", 10) == 0 && namespace[10]);
}

static bool fault(struct lbx_item_fault *ret_fault, const char *member, const char *why) {
    (void)snprintf(ret_fault->text, sizeof ret_fault->text, "%s: %s", member, why);
    return false;
}

bool lbx_item_permitted(const struct lbx_item *item, struct lbx_item_fault *ret_fault) {
    const struct action *a = action_of(item->action);
    if (!a)
        return fault(ret_fault, "action",
                     "not create_object, update_object, delete_object, list_or_get_objects or "
                     "get_pod_logs");
    const struct {
        const char *name, *text;
        enum presence presence;
        const char *(*fault)(const char *text);
    } members[] = {
        {"namespace", item->namespace, a->namespace, namespace_fault},
        {"kind", item->kind, a->kind, kind_fault},
        {"name", item->name, a->object, name_fault},
        {"container", item->container, a->container, namespace_fault},
        {"uid", item->uid, a->uid, uid_fault},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (members[i].text && members[i].presence == NEVER)
            return fault(ret_fault, members[i].name, "not with this action");
        if (!members[i].text && members[i].presence == REQUIRED)
            return fault(ret_fault, members[i].name, "missing");
        const char *why = members[i].text ? members[i].fault(members[i].text) : NULL;
        if (why)
            return fault(ret_fault, members[i].name, why);
    }
    if (a->openshift_only && !openshift_namespace(item->namespace))
        return fault(ret_fault, "namespace",
                     "logs only of the namespaces openshift and openshift-...");
    const char *wrong = lbx_item_has_content(item) ? content_fault(item) : NULL;
    return wrong ? fault(ret_fault, "content", wrong) : true;
}

bool lbx_items_hold(const struct lbx_item *items, size_t count) {
    struct lbx_item_fault unused;
    for (size_t i = 0; i < count; i++)
        if (items[i].number != (int64_t)i + 1 || !lbx_item_permitted(&items[i], &unused))
            return false;
    return true;
}

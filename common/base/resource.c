/* Parses Azure Resource Manager ids of OpenShift clusters, from any text. Promises that each id
 * borrows from the text. Fails on text of another form. */
#include "base/resource.h"

#include "base/text.h"

#include <string.h>

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

enum { SUBSCRIPTION_MAX = 64, GROUP_MAX = 90, CLUSTER_MAX = 63 };

/* Skips the word, compared without case. */
static bool skip(struct lbx_span *rest, const char *word) {
    const size_t len = strlen(word);
    if (rest->len < len || !lbx_same_start(rest->text, word, len))
        return false;
    *rest = (struct lbx_span){rest->text + len, rest->len - len};
    return true;
}

/* Takes the text up to the next slash, or to the end. */
static bool take(struct lbx_span *rest, struct lbx_span *ret_id) {
    const char *slash = memchr(rest->text, '/', rest->len);
    *ret_id = (struct lbx_span){rest->text, slash ? (size_t)(slash - rest->text) : rest->len};
    *rest = (struct lbx_span){rest->text + ret_id->len, rest->len - ret_id->len};
    return ret_id->len > 0;
}

bool lbx_cluster_id_read(const char *text, size_t len, struct lbx_cluster_id *ret_id) {
    struct lbx_span rest = {text, len};
    return skip(&rest, "/subscriptions/") && take(&rest, &ret_id->subscription) &&
           skip(&rest, "/resourceGroups/") && take(&rest, &ret_id->group) &&
           skip(&rest, "/providers/Microsoft.RedHatOpenShift/openShiftClusters/") &&
           take(&rest, &ret_id->cluster) && rest.len == 0;
}

/* Whether the id has at most `most` characters, all of the alphabet. */
static bool of(const struct lbx_span *id, const char *alphabet, size_t most) {
    for (size_t i = 0; i < id->len; i++)
        if (!id->text[i] || !strchr(alphabet, id->text[i]))
            return false;
    return id->len <= most;
}

const char *lbx_cluster_id_check(const char *text, size_t len) {
    struct lbx_cluster_id id;
    if (!lbx_cluster_id_read(text, len, &id))
        return NULL;
    if (!of(&id.subscription, LETTERS DIGITS "-", SUBSCRIPTION_MAX))
        return "its subscription is not 1 to 64 letters, digits and dashes";
    if (!of(&id.group, LETTERS DIGITS "._()-", GROUP_MAX) || id.group.text[id.group.len - 1] == '.')
        return "its resource group is not 1 to 90 of the characters that Azure allows";
    if (!of(&id.cluster, LETTERS DIGITS "-", CLUSTER_MAX) || id.cluster.text[0] == '-' ||
        id.cluster.text[id.cluster.len - 1] == '-')
        return "its cluster is not 1 to 63 letters, digits and dashes between them";
    return NULL;
}

/* Inserts our rule into a customer's audit policy as the first one, as the first matching rule decides.
 * Promises no other change. Fails on a policy with omitStages for all rules, or with all rules on one line. */
#include "config.h"

#include <string.h>

static const char head[] = "apiVersion: audit.k8s.io/v1\nkind: Policy\n";

static void add_rule(const char *group, int indent, struct lbx_buf *out) {
    lbx_buf_printf(out, "%*s- {level: Metadata, userGroups: [\"%s\"]}\n", indent, "", group);
}

/* The line of a top-level member; NULL: none. */
static const char *member(const char *policy, const char *name) {
    size_t len = strlen(name);
    for (const char *line = policy; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (strncmp(line, name, len) == 0)
            return line;
    return NULL;
}

/* The beginning of the next line. */
static const char *next_line(const char *at) {
    const char *end = strchr(at, '\n');
    return end ? end + 1 : at + strlen(at);
}

static const char *fault_of(const char *policy, const char *rules) {
    if (!member(policy, "kind: Policy") || !member(policy, "apiVersion: audit.k8s.io/v1"))
        return "no Policy of audit.k8s.io/v1";
    if (member(policy, "omitStages:"))
        return "it leaves out stages of every rule (omitStages): a request that began would not be told";
    if (!rules || member(rules + 1, "rules:") || member(policy, "---"))
        return "not one list of rules";
    return rules[strlen("rules:") + strspn(rules + strlen("rules:"), " ")] == '\n'
               ? NULL
               : "its rules stand in one line";
}

bool ctl_audit_policy(const char *group, const char *policy, struct lbx_buf *out) {
    if (!policy) {
        lbx_buf_printf(out, "%srules:\n", head);
        add_rule(group, 0, out);
        lbx_buf_str(out, "- {level: None}\n");
        return true;
    }
    const char *rules = member(policy, "rules:");
    const char *fault = fault_of(policy, rules);
    if (fault) {
        ctl_fail(CTL_NO, "--audit-policy: %s", fault);
        return false;
    }
    const char *first = next_line(rules);
    while (*first && first[strspn(first, " ")] != '-') /* comments */
        first = next_line(first);
    lbx_buf_add(out, policy, (size_t)(first - policy));
    add_rule(group, (int)strspn(first, " "), out);
    lbx_buf_str(out, first);
    return true;
}

/* topics grant: creates ACLs by rules from standard input, one a line, in one request. Fails
 * with no ACL created where a line is malformed, and with exit code 1 where Kafka refuses one. */
#include "commands.h"

#include "database.h"
#include "io/admin.h"
#include "io/denied.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LBX_DEFINE_CLEANUP(struct lbx_admin *, admin, lbx_admin_close)

enum { WORDS = 5 };

/* Splits a line into five words. False: it has another number. */
static bool read_rule(struct ctl *ctl, const char *line, struct lbx_acl_rule *ret_rule) {
    const char *words[WORDS + 1];
    size_t count = 0;
    char *rest = lbx_arena_strdup(&ctl->arena, line), *word;
    while (count <= WORDS && (word = strtok_r(count ? NULL : rest, " \t\n", &rest)))
        words[count++] = word;
    if (count != WORDS)
        return false;
    *ret_rule = (struct lbx_acl_rule){.principal = words[0],
                                      .operation = words[1],
                                      .kind = words[2],
                                      .pattern = words[3],
                                      .name = words[4]};
    return true;
}

static enum ctl_exit read_rules(struct ctl *ctl, struct lbx_acl_rule *rules, size_t *ret_count) {
    char *line LBX_FREE = NULL;
    size_t cap = 0, count = 0;
    for (; getline(&line, &cap, stdin) >= 0; count++) {
        if (count == LBX_ADMIN_RULES_MAX)
            return ctl_fail(CTL_USAGE, "more than %d rules", LBX_ADMIN_RULES_MAX);
        if (!read_rule(ctl, line, &rules[count]))
            return ctl_fail(CTL_USAGE, "line %zu is no rule: PRINCIPAL OPERATION KIND PATTERN NAME",
                            count + 1);
    }
    *ret_count = count;
    return count ? CTL_DONE : ctl_fail(CTL_USAGE, "no rule on standard input");
}

static enum ctl_exit failed(const struct ctl *ctl, enum lbx_err err,
                            const struct lbx_acl_rule *rules, size_t count) {
    const char *brokers = ctl->settings.kafka_bootstrap_servers;
    for (size_t i = 0; err == LBX_ERR_INVALID && i < count; i++)
        if (rules[i].ret_err == LBX_ERR_INVALID)
            return ctl_fail(CTL_USAGE, "line %zu: %s", i + 1, rules[i].ret_why);
    if (err == LBX_ERR_UNAVAILABLE || lbx_kafka_denied())
        return ctl_kafka_failed(brokers, "answer");
    return ctl_fail(CTL_NO, "Kafka at %s refuses the rules", brokers);
}

static enum ctl_exit report(const struct lbx_acl_rule *rules, size_t count) {
    enum ctl_exit code = CTL_DONE;
    for (size_t i = 0; i < count; i++)
        if (rules[i].ret_err != LBX_OK)
            code = ctl_fail(CTL_NO, "line %zu was not granted: %s", i + 1, rules[i].ret_why);
    if (code == CTL_DONE)
        printf("%zu rules are granted\n", count);
    return code;
}

enum ctl_exit ctl_topics_grant(struct ctl *ctl) {
    struct lbx_acl_rule *rules = lbx_arena_alloc(&ctl->arena, LBX_ADMIN_RULES_MAX * sizeof *rules);
    size_t count;
    enum ctl_exit code = read_rules(ctl, rules, &count);
    if (code != CTL_DONE)
        return code;
    struct lbx_admin *admin LBX_CLEANUP(lbx_cleanup_admin) = NULL;
    enum lbx_err err = lbx_admin_open(&ctl->settings, "lockboxctl", &admin);
    if (err == LBX_ERR_INVALID)
        return ctl_fail(CTL_USAGE, "the Kafka client refuses a LOCKBOX_KAFKA_* setting");
    if (err == LBX_OK)
        err = lbx_admin_grant(admin, rules, count);
    return err == LBX_OK ? report(rules, count) : failed(ctl, err, rules, count);
}

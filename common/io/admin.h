/* Creates and describes Kafka topics, and creates ACLs. For lockboxctl alone: no worker creates topics. */
#ifndef LBX_IO_ADMIN_H
#define LBX_IO_ADMIN_H

#include "base/err.h"
#include "io/settings.h"

#include <stdbool.h>
#include <stddef.h>

struct lbx_admin;

/* A topic to create, and the result of its creation. The caller owns all of it. */
struct lbx_topic_wish {
    const char *name;            /* as on the broker */
    int partitions, replication; /* replication -1: the broker's default */
    const char *config[12][2];   /* topic configs as name and value, ended by a NULL name */
    /* LBX_OK: created. LBX_ERR_CONFLICT: the topic existed, and is unchanged. LBX_ERR_UNAVAILABLE: the
     * outcome is unknown. LBX_ERR_REFUSED: the broker refused, for the reason in ret_why. */
    enum lbx_err ret_err;
    char ret_why[256];
};

/* A topic's description. */
struct lbx_topic_look {
    const char *name;          /* as on the broker */
    const char *const *config; /* names of the configs asked for, ended by NULL; at most 12 */
    int ret_partitions,
        ret_replication; /* partitions 0: there is none of that name; the fewest replicas of any */
    char ret_config[12][32]; /* in the order of config; "" where the broker does not say */
};

/* An ACL in Kafka's own words. The caller owns all of it. */
struct lbx_acl_rule {
    const char *principal; /* "User:relay" */
    const char *operation; /* Read, Write, Create, Describe, DescribeConfigs */
    const char *kind;      /* topic, group, cluster */
    const char *pattern;   /* literal, prefixed */
    const char *name;      /* of kind cluster: kafka-cluster */
    enum lbx_err
        ret_err; /* LBX_OK: it is granted, by now or before. LBX_ERR_REFUSED: the broker will not */
    char ret_why[256];
};

enum { LBX_ADMIN_TOPICS_MAX = 16, LBX_ADMIN_RULES_MAX = 512 };

/* Makes the client, without connecting. LBX_ERR_INVALID: librdkafka refuses a setting; logged. */
enum lbx_err lbx_admin_open(const struct lbx_settings *settings, const char *client,
                            struct lbx_admin **ret_admin) LBX_MUST_CHECK;
void lbx_admin_close(struct lbx_admin *admin);

/* Both wait for the brokers' answer, 10 s at most. A created topic is then in the metadata of
 * the broker that was asked. LBX_ERR_UNAVAILABLE: no answer. LBX_ERR_REFUSED: authentication or
 * authorization failed; logged. */
enum lbx_err lbx_admin_create(struct lbx_admin *admin, struct lbx_topic_wish *wishes, size_t count)
    LBX_MUST_CHECK;
enum lbx_err lbx_admin_look(struct lbx_admin *admin, struct lbx_topic_look *looks, size_t count)
    LBX_MUST_CHECK;

/* Creates ACLs, all in one request. Waits and fails as lbx_admin_create. LBX_ERR_INVALID: a rule
 * has an unknown word; its ret_why names the word, and no ACL is created. */
enum lbx_err lbx_admin_grant(struct lbx_admin *admin, struct lbx_acl_rule *rules, size_t count)
    LBX_MUST_CHECK;

#endif

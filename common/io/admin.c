/* Creates and describes Kafka topics, and creates ACLs: one request at a time, with a wait of
 * ten seconds at most. Promises that a created topic is in the metadata of the broker that was
 * asked before lbx_admin_create returns. Fails as admin.h says; an error of a broker is logged
 * once. */
#include "io/admin.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "io/kafka.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 10000 };

struct lbx_admin {
    rd_kafka_t *client;
    rd_kafka_queue_t *answers;
};

LBX_DEFINE_CLEANUP(rd_kafka_event_t *, event, rd_kafka_event_destroy)
LBX_DEFINE_CLEANUP(rd_kafka_AdminOptions_t *, options, rd_kafka_AdminOptions_destroy)

enum lbx_err lbx_admin_open(const struct lbx_settings *settings, const char *client,
                            struct lbx_admin **ret_admin) {
    static const struct lbx_kafka_property none[] = {{NULL, NULL}};
    rd_kafka_conf_t *conf;
    enum lbx_err err = lbx_kafka_conf(settings, client, none, none, &conf);
    if (err != LBX_OK)
        return err;
    rd_kafka_t *handle;
    err = lbx_kafka_client(RD_KAFKA_PRODUCER, conf, &handle);
    if (err != LBX_OK)
        return err;
    struct lbx_admin *admin = lbx_calloc(sizeof *admin);
    admin->client = handle;
    admin->answers = rd_kafka_queue_new(handle);
    *ret_admin = admin;
    return LBX_OK;
}

void lbx_admin_close(struct lbx_admin *admin) {
    if (!admin)
        return;
    rd_kafka_queue_destroy(admin->answers);
    rd_kafka_destroy(admin->client);
    free(admin);
}

static enum lbx_err meaning(rd_kafka_resp_err_t err) {
    switch ((int)err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return LBX_OK;
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
        return LBX_ERR_CONFLICT;
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
        return LBX_ERR_UNAVAILABLE;
    default:
        return LBX_ERR_REFUSED;
    }
}

static enum lbx_err failed(rd_kafka_resp_err_t err, const char *text) {
    lbx_log(LBX_LOG_WARN, "kafka request failed", LBX_S("code", rd_kafka_err2name(err)),
            LBX_S("error", text ? text : rd_kafka_err2str(err)));
    lbx_kafka_note_denied(err);
    return meaning(err);
}

static rd_kafka_AdminOptions_t *options_for(const struct lbx_admin *admin, rd_kafka_admin_op_t op) {
    char why[256];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(admin->client, op);
    rd_kafka_resp_err_t err =
        rd_kafka_AdminOptions_set_request_timeout(options, ANSWER_MS, why, sizeof why);
    assert(!err);
    return options;
}

/* The result event of the one request under way; NULL, with *ret_err set: the request failed. */
static rd_kafka_event_t *answer(struct lbx_admin *admin, enum lbx_err *ret_err) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(admin->answers, ANSWER_MS + 1000);
    if (!event) {
        *ret_err = LBX_ERR_UNAVAILABLE;
        return NULL;
    }
    if (rd_kafka_event_error(event)) {
        *ret_err = failed(rd_kafka_event_error(event), rd_kafka_event_error_string(event));
        rd_kafka_event_destroy(event);
        return NULL;
    }
    *ret_err = LBX_OK;
    return event;
}

/* ---- describe ---- */

static int fewest_replicas(const rd_kafka_metadata_topic_t *topic) {
    int fewest = topic->partition_cnt ? topic->partitions[0].replica_cnt : 0;
    for (int i = 1; i < topic->partition_cnt; i++)
        if (topic->partitions[i].replica_cnt < fewest)
            fewest = topic->partitions[i].replica_cnt;
    return fewest;
}

static void take_metadata(const rd_kafka_metadata_topic_t *topic, struct lbx_topic_look *looks,
                          size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(looks[i].name, topic->topic) == 0 && !topic->err) {
            looks[i].ret_partitions = topic->partition_cnt;
            looks[i].ret_replication = fewest_replicas(topic);
        }
}

static enum lbx_err look_at_partitions(struct lbx_admin *admin, struct lbx_topic_look *looks,
                                       size_t count) {
    /* Metadata are asked for the topics of which this client has handles, and for no others. */
    rd_kafka_topic_t *handles[LBX_ADMIN_TOPICS_MAX];
    for (size_t i = 0; i < count; i++)
        handles[i] = rd_kafka_topic_new(admin->client, looks[i].name, NULL);
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t err = rd_kafka_metadata(admin->client, 0, NULL, &metadata, ANSWER_MS);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_destroy(handles[i]);
    if (err)
        return failed(err, NULL);
    bool is_denied = false;
    for (int i = 0; i < metadata->topic_cnt; i++) {
        take_metadata(&metadata->topics[i], looks, count);
        is_denied |= lbx_kafka_note_denied(metadata->topics[i].err);
    }
    rd_kafka_metadata_destroy(metadata);
    return is_denied ? LBX_ERR_REFUSED : LBX_OK;
}

static void take_entry(const rd_kafka_ConfigEntry_t *entry, struct lbx_topic_look *look) {
    const char *value = rd_kafka_ConfigEntry_value(entry);
    for (size_t i = 0; look->config[i]; i++)
        if (strcmp(rd_kafka_ConfigEntry_name(entry), look->config[i]) == 0)
            snprintf(look->ret_config[i], sizeof look->ret_config[i], "%s", value ? value : "");
}

static void take_config(const rd_kafka_ConfigResource_t *resource, struct lbx_topic_look *looks,
                        size_t count) {
    size_t entry_count;
    const rd_kafka_ConfigEntry_t **entries =
        rd_kafka_ConfigResource_configs(resource, &entry_count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(looks[i].name, rd_kafka_ConfigResource_name(resource)) == 0)
            for (size_t e = 0; e < entry_count; e++)
                take_entry(entries[e], &looks[i]);
}

static enum lbx_err look_at_config(struct lbx_admin *admin, struct lbx_topic_look *looks,
                                   size_t count) {
    rd_kafka_ConfigResource_t *resources[LBX_ADMIN_TOPICS_MAX];
    size_t wanted = 0;
    for (size_t i = 0; i < count; i++)
        if (looks[i].ret_partitions)
            resources[wanted++] =
                rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, looks[i].name);
    if (wanted == 0)
        return LBX_OK;
    rd_kafka_AdminOptions_t *options LBX_CLEANUP(lbx_cleanup_options) =
        options_for(admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(admin->client, resources, wanted, options, admin->answers);
    rd_kafka_ConfigResource_destroy_array(resources, wanted);
    enum lbx_err err;
    rd_kafka_event_t *event LBX_CLEANUP(lbx_cleanup_event) = answer(admin, &err);
    if (!event)
        return err;
    size_t results;
    const rd_kafka_ConfigResource_t **list = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &results);
    for (size_t i = 0; i < results; i++) {
        rd_kafka_resp_err_t refused = rd_kafka_ConfigResource_error(list[i]);
        if (refused)
            return failed(refused, rd_kafka_ConfigResource_error_string(list[i]));
        take_config(list[i], looks, count);
    }
    return LBX_OK;
}

enum lbx_err lbx_admin_look(struct lbx_admin *admin, struct lbx_topic_look *looks, size_t count) {
    assert(count <= LBX_ADMIN_TOPICS_MAX);
    for (size_t i = 0; i < count; i++)
        looks[i] = (struct lbx_topic_look){.name = looks[i].name, .config = looks[i].config};
    enum lbx_err err = look_at_partitions(admin, looks, count);
    return err == LBX_OK ? look_at_config(admin, looks, count) : err;
}

/* ---- create ---- */

static rd_kafka_NewTopic_t *new_topic(struct lbx_topic_wish *wish) {
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(
        wish->name, wish->partitions, wish->replication, wish->ret_why, sizeof wish->ret_why);
    for (size_t i = 0; topic && wish->config[i][0]; i++) {
        rd_kafka_resp_err_t err =
            rd_kafka_NewTopic_set_config(topic, wish->config[i][0], wish->config[i][1]);
        assert(!err);
    }
    return topic;
}

static void take_result(const rd_kafka_topic_result_t *result, struct lbx_topic_wish *wishes,
                        size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(wishes[i].name, rd_kafka_topic_result_name(result)) != 0)
            continue;
        const char *why = rd_kafka_topic_result_error_string(result);
        wishes[i].ret_err = meaning(rd_kafka_topic_result_error(result));
        snprintf(wishes[i].ret_why, sizeof wishes[i].ret_why, "%s", why ? why : "");
    }
}

/* The controller answers before the new topic is in the brokers' metadata. */
static enum lbx_err await_made(struct lbx_admin *admin, const struct lbx_topic_wish *wishes,
                               size_t count) {
    static const struct timespec pause = {.tv_nsec = 20000000};
    struct lbx_topic_look looks[LBX_ADMIN_TOPICS_MAX];
    size_t made = 0;
    for (size_t i = 0; i < count; i++)
        if (wishes[i].ret_err == LBX_OK)
            looks[made++] = (struct lbx_topic_look){.name = wishes[i].name};
    int64_t deadline = lbx_monotonic_us() + ANSWER_MS * LBX_MS_US;
    for (size_t known = 0; known < made;) {
        if (lbx_monotonic_us() > deadline)
            return LBX_ERR_UNAVAILABLE;
        enum lbx_err err = look_at_partitions(admin, looks, made);
        if (err != LBX_OK)
            return err;
        while (known < made && looks[known].ret_partitions)
            known++;
        if (known < made)
            nanosleep(&pause, NULL);
    }
    return LBX_OK;
}

enum lbx_err lbx_admin_create(struct lbx_admin *admin, struct lbx_topic_wish *wishes,
                              size_t count) {
    assert(count <= LBX_ADMIN_TOPICS_MAX);
    rd_kafka_NewTopic_t *topics[LBX_ADMIN_TOPICS_MAX];
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        wishes[i].ret_err = LBX_ERR_REFUSED;
        if ((topics[made] = new_topic(&wishes[i])))
            made++;
    }
    if (made == 0)
        return LBX_OK;
    rd_kafka_AdminOptions_t *options LBX_CLEANUP(lbx_cleanup_options) =
        options_for(admin, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(admin->client, topics, made, options, admin->answers);
    rd_kafka_NewTopic_destroy_array(topics, made);
    enum lbx_err err;
    rd_kafka_event_t *event LBX_CLEANUP(lbx_cleanup_event) = answer(admin, &err);
    if (!event)
        return err;
    size_t results;
    const rd_kafka_topic_result_t **list =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &results);
    for (size_t i = 0; i < results; i++)
        take_result(list[i], wishes, count);
    return await_made(admin, wishes, count);
}

/* ---- grant ---- */

struct word {
    const char *word;
    int is;
};

static const struct word operations[] = {
    {"Read", RD_KAFKA_ACL_OPERATION_READ},
    {"Write", RD_KAFKA_ACL_OPERATION_WRITE},
    {"Create", RD_KAFKA_ACL_OPERATION_CREATE},
    {"Describe", RD_KAFKA_ACL_OPERATION_DESCRIBE},
    {"DescribeConfigs", RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS},
    {NULL, 0},
};
static const struct word kinds[] = {
    {"topic", RD_KAFKA_RESOURCE_TOPIC},
    {"group", RD_KAFKA_RESOURCE_GROUP},
    {"cluster", RD_KAFKA_RESOURCE_BROKER},
    {NULL, 0},
};
static const struct word patterns[] = {
    {"literal", RD_KAFKA_RESOURCE_PATTERN_LITERAL},
    {"prefixed", RD_KAFKA_RESOURCE_PATTERN_PREFIXED},
    {NULL, 0},
};

/* The enum value of a word; -1, with ret_why set: no row has the word. */
static int meant(const struct word *words, const char *what, const char *word,
                 struct lbx_acl_rule *rule) {
    for (; words->word; words++)
        if (strcmp(words->word, word) == 0)
            return words->is;
    rule->ret_err = LBX_ERR_INVALID;
    snprintf(rule->ret_why, sizeof rule->ret_why, "%s is no %s", word, what);
    return -1;
}

static rd_kafka_AclBinding_t *binding(struct lbx_acl_rule *rule) {
    int operation = meant(operations, "operation", rule->operation, rule);
    int kind = meant(kinds, "kind of resource", rule->kind, rule);
    int pattern = meant(patterns, "pattern", rule->pattern, rule);
    if (operation < 0 || kind < 0 || pattern < 0)
        return NULL;
    rule->ret_err = LBX_ERR_UNAVAILABLE;
    return rd_kafka_AclBinding_new(
        (rd_kafka_ResourceType_t)kind, rule->name, (rd_kafka_ResourcePatternType_t)pattern,
        rule->principal, "*", (rd_kafka_AclOperation_t)operation,
        RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, rule->ret_why, sizeof rule->ret_why);
}

/* The broker's results are in the order of the rules. */
static void take_granted(const rd_kafka_acl_result_t *const *results, size_t result_count,
                         struct lbx_acl_rule *rules) {
    for (size_t i = 0; i < result_count; i++) {
        const rd_kafka_error_t *error = rd_kafka_acl_result_error(results[i]);
        rd_kafka_resp_err_t code = error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;
        rules[i].ret_err = meaning(code);
        lbx_kafka_note_denied(code);
        snprintf(rules[i].ret_why, sizeof rules[i].ret_why, "%s",
                 error ? rd_kafka_error_string(error) : "");
    }
}

static enum lbx_err send_bindings(struct lbx_admin *admin, rd_kafka_AclBinding_t **bindings,
                                  struct lbx_acl_rule *rules, size_t count) {
    rd_kafka_AdminOptions_t *options LBX_CLEANUP(lbx_cleanup_options) =
        options_for(admin, RD_KAFKA_ADMIN_OP_CREATEACLS);
    rd_kafka_CreateAcls(admin->client, bindings, count, options, admin->answers);
    enum lbx_err err;
    rd_kafka_event_t *event LBX_CLEANUP(lbx_cleanup_event) = answer(admin, &err);
    if (!event)
        return err;
    size_t result_count;
    const rd_kafka_acl_result_t **results =
        rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event), &result_count);
    assert(result_count == count);
    take_granted(results, result_count, rules);
    return LBX_OK;
}

enum lbx_err lbx_admin_grant(struct lbx_admin *admin, struct lbx_acl_rule *rules, size_t count) {
    assert(count <= LBX_ADMIN_RULES_MAX);
    rd_kafka_AclBinding_t *bindings[LBX_ADMIN_RULES_MAX];
    size_t made = 0;
    while (made < count && (bindings[made] = binding(&rules[made])))
        made++;
    enum lbx_err err = LBX_ERR_INVALID;
    if (made == count)
        err = count ? send_bindings(admin, bindings, rules, count) : LBX_OK;
    rd_kafka_AclBinding_destroy_array(bindings, made);
    return err;
}

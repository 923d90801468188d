/* Merges partitions by Kafka's timestamps, with a reader and the next record of each. Promises
 * the order within each partition. Fails, with the error printed, where Kafka does not answer. */
#include "input.h"

#include "base/memory.h"

#include <stdlib.h>

struct head {
    struct lbx_reader *reader;
    struct lbx_record record;
    enum lbx_topic topic;
    const char *log; /* of the claim */
    size_t which;
    int64_t left;
    bool there;
};

struct input {
    struct ctl *ctl;
    struct head *heads;
    size_t count;
    struct head *given; /* the record that the caller has */
};

static enum ctl_exit failed(const struct ctl *ctl) {
    return ctl_kafka_failed(ctl->settings.kafka_bootstrap_servers, "send its records");
}

static enum ctl_exit advance(const struct ctl *ctl, struct head *head) {
    const enum lbx_err err = lbx_reader_next(head->reader, &head->record);
    head->there = err == LBX_OK;
    if (!head->there)
        head->left = 0;
    else
        head->record.topic = head->topic, head->record.log_name = head->log;
    return err == LBX_OK || err == LBX_ERR_NOT_FOUND ? CTL_DONE : failed(ctl);
}

/* ends: a reader that reads nothing, so that a partition without new records needs none. */
static enum ctl_exit open_head(struct ctl *ctl, struct lbx_reader *ends,
                               const struct lbx_claim *claim, struct head *head) {
    int64_t first = 0, behind = 0;
    enum lbx_err err = lbx_reader_ends(ends, claim->topic, claim->partition, &first, &behind);
    if (err != LBX_OK)
        return failed(ctl);
    if (first > claim->next_offset)
        return ctl_fail(CTL_NO, "%s/%d: the records before offset %lld are not in Kafka any more",
                        claim->topic, claim->partition, (long long)first);
    head->log = claim->log;
    head->topic = lbx_topic_of(claim->topic, ctl->settings.topic_prefix);
    head->left = behind > claim->next_offset ? behind - claim->next_offset : 0;
    if (head->left == 0)
        return CTL_DONE;
    err = lbx_reader_open(&ctl->settings, "lockboxctl", "lockboxctl", &head->reader);
    if (err == LBX_OK)
        err = lbx_reader_begin(head->reader, claim->topic, claim->partition, claim->next_offset,
                               behind);
    return err == LBX_OK ? advance(ctl, head) : failed(ctl);
}

enum ctl_exit input_open(struct ctl *ctl, const struct lbx_claims *const *claims, size_t count,
                         struct input **ret_input) {
    struct input *input = lbx_calloc(sizeof *input);
    size_t partitions = 0;
    for (size_t i = 0; i < count; i++)
        partitions += claims[i]->count;
    input->ctl = ctl;
    input->heads = lbx_calloc(sizeof *input->heads * (partitions + 1));
    struct lbx_reader *ends = NULL;
    enum ctl_exit code = CTL_DONE;
    if (lbx_reader_open(&ctl->settings, "lockboxctl", "lockboxctl", &ends) != LBX_OK)
        code = failed(ctl);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; code == CTL_DONE && j < claims[i]->count; j++) {
            struct head *head = &input->heads[input->count++];
            head->which = i;
            code = open_head(ctl, ends, &claims[i]->list[j], head);
        }
    if (ends)
        lbx_reader_close(ends);
    if (code == CTL_DONE)
        *ret_input = input;
    else
        input_close(input);
    return code;
}

void input_close(struct input *input) {
    if (!input)
        return;
    for (size_t i = 0; i < input->count; i++)
        if (input->heads[i].reader)
            lbx_reader_close(input->heads[i].reader);
    free(input->heads);
    free(input);
}

int64_t input_left(const struct input *input) {
    int64_t left = 0;
    for (size_t i = 0; i < input->count; i++)
        left += input->heads[i].left;
    return left;
}

enum ctl_exit input_next(struct input *input, struct lbx_record *ret_record, size_t *ret_which) {
    struct head *earliest = NULL;
    const enum ctl_exit code = input->given ? advance(input->ctl, input->given) : CTL_DONE;
    input->given = NULL;
    if (code != CTL_DONE)
        return code;
    for (struct head *head = input->heads; head < input->heads + input->count; head++)
        if (head->there && (!earliest || head->record.timestamp_ms < earliest->record.timestamp_ms))
            earliest = head;
    if (!earliest)
        return CTL_NO;
    input->given = earliest;
    *ret_record = earliest->record;
    *ret_which = earliest->which;
    return CTL_DONE;
}

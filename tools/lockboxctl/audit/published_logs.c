/* Reads the topic of checkpoints, from the offset of the last run on. Promises to accept only
 * checkpoints signed by a trusted key for one of our logs. Fails with an exit code where Kafka
 * does not answer. */
#include "published_logs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- origins ---- */

static bool read_place(const char *text, struct published_log *log) {
    char *end;
    const char *slash = strrchr(text, '/');
    if (!slash || slash[1] < '0' || slash[1] > '9')
        return false;
    errno = 0;
    const int64_t partition = strtoll(slash + 1, &end, 10);
    log->base = *end == '@' ? strtoll(end + 1, &end, 10) : 0;
    log->partition = (int32_t)partition;
    return !*end && !errno && partition <= INT32_MAX && log->base >= 0;
}

bool published_log_of(struct ctl *ctl, const char *origin, struct published_log *ret_log) {
    const char *prefix = ctl->settings.log_origin;
    const size_t len = strlen(prefix);
    char number[LBX_LOG_NUMBER_SIZE], made[LBX_NOTE_NAME_SIZE];
    *ret_log = (struct published_log){.origin = lbx_arena_strdup(&ctl->arena, origin)};
    if (strncmp(origin, prefix, len) != 0 || origin[len] != '/' ||
        !read_place(origin + len + 1, ret_log))
        return false;
    const char *name = origin + len + 1;
    ret_log->topic = lbx_arena_memdup(&ctl->arena, name, (size_t)(strrchr(name, '/') - name));
    lbx_log_number(ret_log->topic, number);
    ret_log->number = strtoll(number, NULL, 10);
    const enum lbx_topic topic = lbx_topic_of(ret_log->topic, NULL);
    return topic != LBX_TOPIC_COUNT && topic != LBX_TOPIC_CHECKPOINTS &&
           strcmp(lbx_log_topic(ret_log->topic), ctl_topic(ctl, topic)) == 0 &&
           lbx_log_origin(prefix, ret_log->topic, ret_log->partition, ret_log->base, made) ==
               LBX_OK &&
           strcmp(made, origin) == 0;
}

/* ---- checkpoints ---- */

static int by_size(const void *a, const void *b) {
    const struct published_checkpoint *x = a, *y = b;
    return x->size != y->size ? (x->size < y->size ? -1 : 1)
                              : memcmp(&x->root, &y->root, sizeof x->root);
}

static void add(struct ctl *ctl, struct published_log *log, const struct lbx_checkpoint *said,
                const struct lbx_record *record) {
    if (log->count == log->room) {
        const size_t room = log->room ? 2 * log->room : 8;
        struct published_checkpoint *list =
            LBX_ARENA_ARRAY(&ctl->arena, struct published_checkpoint, room);
        if (log->count)
            memcpy(list, log->list, log->count * sizeof *list);
        log->list = list;
        log->room = room;
    }
    log->list[log->count++] = (struct published_checkpoint){
        said->size, said->root, lbx_arena_memdup(&ctl->arena, record->value, record->value_len)};
}

/* Adds a checkpoint. Returns what is wrong with it, or NULL. An unreadable one is ignored, as any program may write it. */
static const char *take(struct ctl *ctl, const struct trusted *trusted,
                        const struct lbx_record *record, struct published_logs *logs) {
    struct lbx_note note;
    struct lbx_checkpoint said;
    const char *wrong = NULL;
    if (!record->value || lbx_note_read(record->value, record->value_len, &note) != LBX_OK ||
        lbx_checkpoint_read(&note, &said) != LBX_OK)
        return NULL;
    if (!checkpoint_holds(record->value, record->value_len, said.origin, trusted, &note, &said,
                          &wrong))
        return wrong;
    struct published_log *log = lbx_map_get(&logs->by_origin, said.origin);
    if (!log) {
        log = LBX_ARENA_NEW(&ctl->arena, struct published_log);
        if (!published_log_of(ctl, said.origin, log))
            return "it is of no log of LOCKBOX_LOG_ORIGIN";
        lbx_map_set(&logs->by_origin, log->origin, log);
    }
    add(ctl, log, &said, record);
    return NULL;
}

/* Reads a partition. LBX_ERR_NOT_FOUND: it does not exist. */
static enum lbx_err read_partition(struct ctl *ctl, struct lbx_reader *reader,
                                   const struct trusted *trusted, int32_t partition,
                                   struct monitor_state *state, struct published_logs *logs,
                                   published_wrong *tell, void *context) {
    const char *topic = ctl_topic(ctl, LBX_TOPIC_CHECKPOINTS);
    const char *key = lbx_arena_printf(&ctl->arena, "%d", partition);
    const int64_t *before = lbx_map_get(&state->read, key);
    int64_t first, *behind = LBX_ARENA_NEW(&ctl->arena, int64_t);
    struct lbx_record record;
    enum lbx_err err = lbx_reader_ends(reader, topic, partition, &first, behind);
    if (err != LBX_OK)
        return err;
    if (before && *before >= first && *before <= *behind) /* else another topic: read it all */
        first = *before;
    err = lbx_reader_begin(reader, topic, partition, first, *behind);
    while (err == LBX_OK && (err = lbx_reader_next(reader, &record)) == LBX_OK) {
        const char *wrong = take(ctl, trusted, &record, logs);
        if (wrong)
            tell(context, &record, wrong);
    }
    lbx_map_set(&state->read, key, behind);
    return err == LBX_ERR_NOT_FOUND ? LBX_OK : LBX_ERR_UNAVAILABLE;
}

enum ctl_exit published_logs_read(struct ctl *ctl, struct lbx_reader *reader,
                                  const struct trusted *trusted, struct monitor_state *state,
                                  struct published_logs *ret_logs, published_wrong *wrong,
                                  void *context) {
    enum lbx_err err = LBX_OK;
    int32_t partition = 0;
    lbx_map_init(&ret_logs->by_origin, &ctl->arena);
    while (err == LBX_OK)
        err = read_partition(ctl, reader, trusted, partition++, state, ret_logs, wrong, context);
    if (err == LBX_ERR_NOT_FOUND && partition == 1)
        return ctl_fail(CTL_UNREACHABLE, "Kafka has no topic %s",
                        ctl_topic(ctl, LBX_TOPIC_CHECKPOINTS));
    LBX_MAP_EACH(&ret_logs->by_origin, entry) {
        struct published_log *log = entry->value;
        if (log->count)
            qsort(log->list, log->count, sizeof *log->list, by_size);
    }
    return err == LBX_ERR_NOT_FOUND
               ? CTL_DONE
               : ctl_kafka_failed(ctl->settings.kafka_bootstrap_servers, "send its checkpoints");
}

/* audit monitor --kafka: rebuilds each log's tree from Kafka's records, behind the checkpoint of
 * the last run, and compares it with the checkpoints published since. Promises alarms about
 * signed records only, and a new check of a wrong log from its last right size on. Fails with
 * the commands' exit codes. Grants and cosignatures, which need the store, are not checked;
 * witnesses are asked instead. */
#include "monitor_kafka.h"

#include "event_row.h"
#include "marked_tree.h"
#include "meaning.h"
#include "monitor_state.h"
#include "published_logs.h"
#include "witness_seen.h"

#include <inttypes.h>
#include <string.h>

struct watch {
    struct ctl *ctl;
    struct lbx_reader *reader;
    struct trusted trusted;
    struct monitor_state state, next; /* as read from the file; to be written */
    struct published_logs published;
    struct lbx_map wrong; /* origins (or other keys) whose checkpoints were reported as wrong */
    struct lbx_arena scratch;
    struct lbx_buf bytes;
    enum ctl_exit code; /* the worst error of reading so far: it ends the run */
    enum ctl_exit told; /* the worst error of telling: the other logs are checked all the same */
    bool broken;        /* a log is wrong: checkpoints will be read again */
};

static void tell(struct watch *w, const struct alarm *alarm) {
    enum ctl_exit code = alarm_tell(w->ctl, alarm);
    if (code > w->told)
        w->told = code;
}

static void tell_wrong(void *context, const struct lbx_record *record, const char *what) {
    struct watch *w = context;
    const char *key = lbx_arena_memdup(&w->ctl->arena, record->key ? record->key : "",
                                       record->key ? record->key_len : 0);
    if (lbx_map_get(&w->wrong, key))
        return;
    lbx_map_set(&w->wrong, key, w);
    tell(w, &(struct alarm){.kind = "checkpoint_wrong",
                            .topic = lbx_arena_strdup(&w->ctl->arena, record->topic_name),
                            .partition = record->partition,
                            .offset = record->offset,
                            .detail = what});
}

static void tell_record(struct watch *w, const struct published_log *log, int64_t offset,
                        const char *detail) {
    w->broken = true;
    tell(w, &(struct alarm){.kind = "record_wrong",
                            .topic = log->topic,
                            .partition = log->partition,
                            .offset = offset,
                            .detail = detail});
}

static void kafka_gone(struct watch *w, const struct published_log *log) {
    w->code = ctl_kafka_failed(w->ctl->settings.kafka_bootstrap_servers,
                               lbx_arena_printf(&w->ctl->arena, "send records of %s/%d",
                                                lbx_log_topic(log->topic), log->partition));
}

/* ---- the tree ---- */

/* A log rebuilt from Kafka. */
struct rebuilt {
    struct watch *watch;
    const struct published_log *log;
    struct marked_tree tree;
    uint64_t from;        /* first leaf whose record may raise an alarm */
    struct alarm *alarms; /* alarms of its records, in the run's arena */
    size_t alarm_count, alarm_room;
};

static void keep_alarm(struct rebuilt *t, const struct alarm *alarm) {
    struct lbx_arena *arena = &t->watch->ctl->arena;
    if (!meaning_concerns(alarm, t->watch->ctl->options[CTL_TENANT]))
        return;
    if (t->alarm_count == t->alarm_room) {
        const size_t room = t->alarm_room ? 2 * t->alarm_room : 8;
        struct alarm *alarms = LBX_ARENA_ARRAY(arena, struct alarm, room);
        if (t->alarm_count)
            memcpy(alarms, t->alarms, t->alarm_count * sizeof *alarms);
        t->alarms = alarms;
        t->alarm_room = room;
    }
    struct alarm *kept = &t->alarms[t->alarm_count++];
    *kept = *alarm;
    kept->event_id = lbx_arena_strdup(arena, alarm->event_id);
    kept->request_id = lbx_arena_strdup(arena, alarm->request_id);
    kept->tenant_id = lbx_arena_strdup(arena, alarm->tenant_id);
    kept->at = lbx_arena_strdup(arena, alarm->at);
    kept->detail = lbx_arena_strdup(arena, alarm->detail);
    kept->topic = t->log->topic;
}

static void keep_meaning(struct rebuilt *t, const struct lbx_record *record) {
    struct lbx_arena *scratch = &t->watch->scratch;
    struct alarm alarms[MEANINGS_OF_ACCESS];
    size_t count = 0;
    lbx_arena_reset(scratch);
    if (record->topic == LBX_TOPIC_EVENTS)
        count = meaning_of_event(record, scratch, &alarms[0]);
    else if (record->topic == LBX_TOPIC_ACCESSES)
        count = meaning_of_access(record, scratch, alarms);
    for (size_t i = 0; i < count; i++)
        keep_alarm(t, &alarms[i]);
}

static void take_record(struct rebuilt *t, struct lbx_record *record) {
    struct lbx_hash leaf;
    const uint64_t index = (uint64_t)(record->offset - t->log->base);
    record->topic = lbx_topic_of(t->log->topic, NULL);
    record->log_name = t->log->topic;
    record_leaf_hash(record, &t->watch->bytes, &leaf);
    marked_tree_append(&t->tree, index, &leaf);
    if (index >= t->from)
        keep_meaning(t, record);
}

/* Whether Kafka has the records for the tree. False: it does not, which was reported, or does not answer. */
static bool has_records(struct rebuilt *t) {
    struct watch *w = t->watch;
    const struct published_log *log = t->log;
    int64_t first, behind;
    const int64_t from = log->base + (int64_t)t->tree.edge.size,
                  to = log->base + (int64_t)t->tree.size;
    enum lbx_err err =
        lbx_reader_ends(w->reader, lbx_log_topic(log->topic), log->partition, &first, &behind);
    if (err == LBX_ERR_NOT_FOUND) {
        const struct alarm gone = meaning_log_gone(&w->ctl->arena, log->origin);
        w->broken = true;
        tell(w, &gone);
    } else if (err != LBX_OK) {
        kafka_gone(w, log);
    } else if (behind < to) {
        tell_record(w, log, behind, "Kafka has no record from here on, and more were signed");
    } else if (first > from && from < to) {
        tell_record(w, log, from,
                    "Kafka has the records from here on no more: they are not proved");
    } else {
        return true;
    }
    return false;
}

static bool rebuild(struct rebuilt *t) {
    struct watch *w = t->watch;
    struct lbx_record record;
    if (!has_records(t))
        return false;
    enum lbx_err err = lbx_reader_begin(w->reader, lbx_log_topic(t->log->topic), t->log->partition,
                                        t->log->base + (int64_t)t->tree.edge.size,
                                        t->log->base + (int64_t)t->tree.size);
    while (err == LBX_OK && (err = lbx_reader_next(w->reader, &record)) == LBX_OK)
        take_record(t, &record);
    if (err != LBX_ERR_NOT_FOUND) {
        kafka_gone(w, t->log);
        return false;
    }
    marked_tree_end(&t->tree);
    return true;
}

/* ---- a log ---- */

/* Starts from the stored edge; NULL: from an empty tree. */
static struct rebuilt rebuilt_from(struct watch *w, const struct published_log *log,
                                   const struct seen *last, const struct lbx_edge *from) {
    return (struct rebuilt){.watch = w,
                            .log = log,
                            .tree = marked_tree_of(&w->ctl->arena, log, last, from),
                            .from = last ? last->size : 0};
}

static void tell_not_extended(struct watch *w, const struct published_log *log, uint64_t size,
                              uint64_t before) {
    const struct alarm alarm =
        meaning_not_extended(&w->ctl->arena, log->topic, log->partition, size, before);
    w->broken = true;
    tell(w, &alarm);
}

/* Reports a whole tree that is wrong: whether its records or its checkpoints differ. */
static void tell_wrong_tree(struct rebuilt *t, const struct seen *last) {
    struct watch *w = t->watch;
    const uint64_t before = last ? last->size : 0;
    if (!t->tree.seen_holds && t->tree.new_hold)
        tell_not_extended(w, t->log, t->tree.size, before);
    else if (t->tree.seen_holds && t->tree.wrong <= before)
        tell_not_extended(w, t->log, t->tree.wrong, before);
    else
        tell_record(w, t->log, t->log->base + (int64_t)t->tree.right,
                    lbx_arena_printf(&w->ctl->arena,
                                     "a record from here on is not the one that was signed: a "
                                     "checkpoint of size %" PRIu64 " says so",
                                     t->tree.wrong));
}

static bool has_smaller(const struct published_log *log, uint64_t size) {
    return log->count > 0 && log->list[0].size < size;
}

static void tell_and_keep(struct rebuilt *t) {
    struct watch *w = t->watch;
    struct seen *now = LBX_ARENA_NEW(&w->ctl->arena, struct seen);
    struct lbx_edge *edge = LBX_ARENA_NEW(&w->ctl->arena, struct lbx_edge);
    for (size_t i = 0; i < t->alarm_count; i++)
        tell(w, &t->alarms[i]);
    *edge = t->tree.edge;
    *now = (struct seen){.size = t->tree.size, .edge = edge};
    lbx_edge_root(edge, &now->root);
    lbx_map_set(&w->next.seen, t->log->origin, now);
}

/* Rebuilds the log behind the last run's checkpoint; all of it if that does not fit, or a new checkpoint is smaller. */
static void look_at(struct watch *w, const struct published_log *log, const struct seen *last) {
    const struct lbx_edge *from = last && !has_smaller(log, last->size) ? last->edge : NULL;
    if (last)
        lbx_map_set(&w->next.seen, log->origin, (struct seen *)last);
    struct rebuilt t = rebuilt_from(w, log, last, from);
    if (!rebuild(&t))
        return;
    if (t.tree.wrong && from) {
        t = rebuilt_from(w, log, last, NULL);
        if (!rebuild(&t))
            return;
    }
    if (t.tree.wrong)
        tell_wrong_tree(&t, last);
    else
        tell_and_keep(&t);
}

/* ---- witnesses ---- */

/* Checks that witnesses have seen what was new in the last run. The newest checkpoint is stored for the next check. */
static void look_for_witnesses(struct watch *w, const struct published_log *log,
                               const struct seen *last) {
    const struct published_checkpoint *newest = log->count ? &log->list[log->count - 1] : NULL;
    const bool is_new = newest && (!last || newest->size >= last->size);
    const char *note = is_new ? newest->note : lbx_map_get(&w->state.notes, log->origin);
    const uint64_t size = is_new ? newest->size : last ? last->size : 0;
    uint64_t seen;
    if (!note)
        return;
    lbx_map_set(&w->next.notes, log->origin, (char *)note);
    if (!w->trusted.policy || w->trusted.policy->quorum < 0)
        return;
    enum ctl_exit code = witness_seen(w->trusted.policy, note, size, &seen);
    if (code > w->code)
        w->code = code;
    if (code != CTL_DONE || seen >= (last ? last->size : 1))
        return;
    const struct alarm alarm =
        meaning_not_witnessed(log->topic, log->partition, log->base + (int64_t)seen);
    tell(w, &alarm);
}

/* ---- all logs ---- */

/* The log that replaced this one in its partition; NULL: none. */
static const char *successor(const struct watch *w, const struct published_log *log) {
    const struct lbx_map *maps[] = {&w->published.by_origin, &w->state.seen};
    struct published_log other;
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        LBX_MAP_EACH(maps[i], entry)
            if (published_log_of(w->ctl, entry->key, &other) && other.number > log->number &&
                other.partition == log->partition &&
                strcmp(lbx_log_topic(other.topic), lbx_log_topic(log->topic)) == 0)
                return other.origin;
    return NULL;
}

/* Checks a partition's current log; a replaced log is reported once. */
static void look_at_current(struct watch *w, const struct published_log *log) {
    const struct seen *last = lbx_map_get(&w->state.seen, log->origin);
    const char *instead = successor(w, log);
    if (!instead) {
        look_for_witnesses(w, log, last);
        look_at(w, log, last);
        return;
    }
    if (last)
        tell(w, &(struct alarm){.kind = "not_extended",
                                .topic = log->topic,
                                .partition = log->partition,
                                .offset = -1,
                                .detail = lbx_arena_printf(
                                    &w->ctl->arena, "the log %s took this one's place", instead)});
}

static void look_at_all(struct watch *w) {
    LBX_MAP_EACH(&w->published.by_origin, entry)
        if (w->code == CTL_DONE)
            look_at_current(w, entry->value);
    LBX_MAP_EACH(&w->state.seen, entry) {
        struct published_log log;
        if (w->code != CTL_DONE || lbx_map_get(&w->published.by_origin, entry->key))
            continue;
        if (published_log_of(w->ctl, entry->key, &log)) {
            look_at_current(w, &log);
            continue;
        }
        const struct alarm gone = meaning_log_gone(&w->ctl->arena, entry->key);
        lbx_map_set(&w->next.seen, entry->key, entry->value);
        w->broken = true;
        tell(w, &gone);
    }
}

static enum ctl_exit open_all(struct watch *w) {
    struct ctl *ctl = w->ctl;
    enum ctl_exit code = monitor_state_read(ctl, &w->state);
    lbx_map_init(&w->wrong, &ctl->arena);
    lbx_map_init(&w->next.seen, &ctl->arena);
    lbx_map_init(&w->next.read, &ctl->arena);
    lbx_map_init(&w->next.notes, &ctl->arena);
    LBX_MAP_EACH(&w->state.read, entry)
        lbx_map_set(&w->next.read, entry->key, entry->value);
    w->next.since = w->state.since;
    if (code == CTL_DONE)
        code = trusted_load(ctl, &w->trusted);
    if (code == CTL_DONE &&
        lbx_reader_open(&ctl->settings, "lockboxctl", "lockboxctl", &w->reader) != LBX_OK)
        code = ctl_fail(CTL_USAGE, "the Kafka client refuses a LOCKBOX_KAFKA_* setting");
    return code;
}

static void watch_done(struct watch *w) {
    lbx_reader_close(w->reader);
    trusted_done(&w->trusted);
    lbx_arena_done(&w->scratch);
    lbx_buf_done(&w->bytes);
}

enum ctl_exit monitor_kafka(struct ctl *ctl) {
    struct watch w LBX_CLEANUP(watch_done) = {.ctl = ctl};
    lbx_arena_init(&w.scratch);
    w.code = open_all(&w);
    if (w.code == CTL_DONE)
        w.code =
            published_logs_read(ctl, w.reader, &w.trusted, &w.next, &w.published, tell_wrong, &w);
    if (w.code == CTL_DONE)
        look_at_all(&w);
    if (w.broken)
        w.next.read = w.state.read;
    enum ctl_exit code = w.told > w.code ? w.told : w.code;
    if (code == CTL_DONE)
        code = monitor_state_write(ctl, &w.next);
    return code == CTL_DONE && ctl->found ? CTL_NO : code;
}

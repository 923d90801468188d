/* Stores checkpoints from their topic, as a restored store lacks those signed since its backup.
 * Promises to store only notes signed by this deployment's keys for its logs. Whether a log has
 * such a checkpoint's root is for verifiers to check, as with any checkpoint. Cannot fail. */
#include "told.h"

#include "auditor.h"
#include "sql_auditor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Splits {origin}/{topic}/{partition} or {origin}/{topic}/{partition}@{base}; a topic's name has no slash. */
static bool read_origin(const char *prefix, const char *origin, struct lbx_arena *arena,
                        const char **ret_topic, int32_t *ret_partition) {
    const size_t len = strlen(prefix);
    if (strncmp(origin, prefix, len) != 0 || origin[len] != '/')
        return false;
    char *topic = lbx_arena_strdup(arena, origin + len + 1), *end, again[LBX_NOTE_NAME_SIZE];
    char *partition = strchr(topic, '/');
    if (!partition)
        return false;
    *partition++ = '\0';
    errno = 0;
    const long number = strtol(partition, &end, 10);
    const long long base = *end == '@' ? strtoll(end + 1, NULL, 10) : 0;
    if (errno || number < 0 || number > INT32_MAX ||
        lbx_log_origin(prefix, topic, (int32_t)number, base, again) != LBX_OK ||
        strcmp(again, origin) != 0)
        return false;
    *ret_topic = topic;
    *ret_partition = (int32_t)number;
    return true;
}

static void add(struct auditor *a, const struct lbx_record *record) {
    const struct lbx_records *records = a->batch.records;
    struct lbx_note note;
    struct lbx_checkpoint checkpoint;
    const char *topic;
    int32_t partition;
    char key_id[9];
    if (!record->value || lbx_note_read(record->value, record->value_len, &note) != LBX_OK ||
        lbx_checkpoint_read(&note, &checkpoint) != LBX_OK || checkpoint.size == 0 ||
        checkpoint.size > INT64_MAX ||
        !read_origin(records->worker->settings.log_origin, checkpoint.origin, records->arena,
                     &topic, &partition) ||
        !auditor_signer_made(&note, checkpoint.origin, key_id))
        return;
    LBX_PG_ADD(&a->told, auditor_insert_told_given, .topic = topic, .partition = partition,
               .origin = lbx_arena_strdup(records->arena, checkpoint.origin),
               .size = (int64_t)checkpoint.size, .root = {&checkpoint.root, sizeof checkpoint.root},
               .key_id = key_id,
               .note = lbx_arena_memdup(records->arena, record->value, record->value_len));
}

void auditor_told_save(struct auditor *a, struct lbx_pg_pipeline *last) {
    lbx_pg_arrays_done(&a->told); /* those of the previous batch */
    a->told = (struct lbx_pg_arrays){0};
    for (size_t i = 0; i < a->batch.records->count; i++)
        if (a->batch.records->list[i]->topic == LBX_TOPIC_CHECKPOINTS)
            add(a, a->batch.records->list[i]);
    if (lbx_pg_arrays_count(&a->told) > 0)
        LBX_PG_CALL(last, auditor_insert_told, .given = &a->told);
}

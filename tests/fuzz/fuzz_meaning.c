/* What records mean to a customer: whatever somebody writes alarms in words that alarms have, and a report that cannot be read
 * always does. */
#include "audit/meaning.h"
#include "event/envelope.h"

#include "record.h"

static void is_whole(const struct alarm *alarm, const struct lbx_record *record) {
    assert(alarm->kind && alarm->detail);
    assert(strcmp(alarm->topic, lbx_record_log(record)) == 0);
    assert(!alarm->why == (strcmp(alarm->kind, "violation") != 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_record of FUZZ_RECORD;
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_event event;
    struct lbx_reason reason;
    struct alarm told, alarms[MEANINGS_OF_ACCESS];
    lbx_arena_init(&arena);
    fuzz_record(data, size, &of);
    if (meaning_of_event(&of.record, &arena, &told))
        is_whole(&told, &of.record);
    of.record.topic = LBX_TOPIC_ACCESSES;
    of.record.topic_name = lbx_topic_name(of.record.topic);
    const size_t count = meaning_of_access(&of.record, &arena, alarms);
    for (size_t i = 0; i < count; i++)
        is_whole(&alarms[i], &of.record);
    if (lbx_event_decode(&of.record, SIZE_MAX, &arena, &event, &reason) != LBX_OK)
        assert(count == 1 && strcmp(alarms[0].why, "unreadable") == 0);
    return 0;
}

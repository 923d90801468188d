/* librdkafka's statistics: a broker's answers are in them, such as topics' names. */
#include "io/statistics.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    size_t len;
    char *text LBX_FREE = fuzz_rest(&in, &len);
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_statistics it;
    lbx_arena_init(&arena);
    if (!lbx_statistics_read(text, len, &arena, &it))
        return 0;
    for (size_t i = 0; i < it.topic_count; i++)
        assert(!it.topics[i].topic || strlen(it.topics[i].topic) < 256);
    assert(lbx_statistics_away_since(&it, 17) == 0 || lbx_statistics_away_since(&it, 17) == 17);
    return 0;
}

/* Times and durations: what is read is written, and reads as the same. */
#include "base/time.h"

#include "fuzz.h"

static void time_comes_back(const char *text) {
    char written[LBX_TIME_SIZE];
    int64_t us, again;
    if (lbx_time_parse(text, &us) != LBX_OK)
        return;
    assert(us > 0 && us <= LBX_TIME_MAX);
    lbx_time_format(us, written);
    assert(strlen(written) == strlen("2026-11-23T16:08:38.123456Z"));
    assert(lbx_time_parse(written, &again) == LBX_OK && again == us);
}

static void duration_comes_back(const char *text) {
    char written[LBX_DURATION_SIZE];
    int64_t us, again;
    if (lbx_duration_parse(text, &us) != LBX_OK)
        return;
    assert(us > 0 && us <= LBX_DURATION_MAX);
    lbx_duration_format(us, written);
    assert(lbx_duration_parse(written, &again) == LBX_OK && again == us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text LBX_FREE = fuzz_text(data, size);
    time_comes_back(text);
    duration_comes_back(text);
    return 0;
}

/* Names of logs: the number and the topic are the name's parts, whatever it is. */
#include "event/record.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *name LBX_FREE = fuzz_text(data, size);
    const char *topic = lbx_log_topic(name);
    char number[LBX_LOG_NUMBER_SIZE];
    lbx_log_number(name, number);
    size_t digits = strspn(number, "0123456789");
    assert(digits > 0 && !number[digits] && topic >= name && topic <= name + strlen(name));
    if (topic == name)
        assert(strcmp(number, "0") == 0);
    else
        assert(topic[-1] == '~' && strncmp(name, number, digits) == 0);
    assert(lbx_topic_of(name, NULL) == lbx_topic_of(topic, NULL));
    assert(lbx_topic_of(name, "lockbox.") == LBX_TOPIC_COUNT || strncmp(topic, "lockbox.", 8) == 0);
    return 0;
}

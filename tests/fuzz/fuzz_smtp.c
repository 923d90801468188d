/* What an operator writes of mail relays, and what those answer. */
#include "base/utf8.h"
#include "smtp/reply.h"
#include "smtp/url.h"

#include "fuzz.h"

static void url(const char *text) {
    struct lbx_smtp_url url;
    char why[LBX_SMTP_WHY_SIZE] = "";
    if (lbx_smtp_url_parse(text, &url, why) != LBX_OK) {
        assert(why[0]);
        return;
    }
    assert(url.host[0] && url.port >= 1 && url.port <= 65535);
    assert(url.tls || !url.user[0]);
}

static void is_harmless(const struct lbx_smtp_result *result) {
    size_t len = strlen(result->reply);
    assert(len < sizeof result->reply && lbx_utf8_valid(result->reply, len));
    for (size_t i = 0; i < len; i++)
        assert((unsigned char)result->reply[i] >= ' ' && result->reply[i] != 0x7F);
    for (const char *c = result->enhanced; *c; c++)
        assert(*c == '.' || (*c >= '0' && *c <= '9'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct lbx_smtp_result result;
    int codes[4] = {0};
    char *text LBX_FREE = fuzz_text(data, size);
    url(text);
    lbx_smtp_reply_line(&result, text);
    is_harmless(&result);
    lbx_smtp_reply_words(&result, LBX_SMTP_TEMPORARY, "no connection", text);
    is_harmless(&result);
    memcpy(codes, data, size < sizeof codes ? size : sizeof codes);
    const struct lbx_smtp_reply reply = {
        abs(codes[0] % 1000), {codes[1], codes[2], codes[3]}, text};
    lbx_smtp_reply_set(&result, LBX_SMTP_PERMANENT, &reply);
    is_harmless(&result);
    return 0;
}

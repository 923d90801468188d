/* The small decoders of texts: UTF-8, base64, addresses, UUIDs, levels; and what makes text harmless. */
#include "base/base64.h"
#include "base/email.h"
#include "base/log.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "json/dom.h"
#include "mail/words.h"

#include "fuzz.h"

static void utf8(const char *bytes, size_t len) {
    bool valid = lbx_utf8_valid(bytes, len);
    struct lbx_buf json LBX_BUF = {0};
    struct lbx_reason reason;
    if (valid) {
        assert(lbx_utf8_chars(bytes, len) <= len);
        (void)lbx_utf8_blank(bytes, len);
    }
    /* Any bytes become JSON, and well-formed ones without NUL come back out of it. */
    lbx_buf_char(&json, '[');
    lbx_buf_json_str(&json, bytes, len);
    lbx_buf_char(&json, ']');
    if (memchr(bytes, '\0', len))
        return;
    json_t *value LBX_JSON = lbx_dom_parse(json.data, json.len, &reason);
    const json_t *text = json_array_get(value, 0);
    assert(json_is_string(text));
    assert(!valid ||
           (json_string_length(text) == len && memcmp(json_string_value(text), bytes, len) == 0));
}

static void base64(const char *text, size_t len) {
    unsigned char *bytes LBX_FREE = malloc(len + 1);
    struct lbx_buf again LBX_BUF = {0};
    size_t count;
    if (lbx_base64_decode(text, len, bytes, len, &count)) {
        lbx_base64_encode(bytes, count, &again);
        assert(again.len == len && (len == 0 || memcmp(again.data, text, len) == 0));
        assert(count == 0 || !lbx_base64_decode(text, len, bytes, count - 1, &count));
    }
    if (lbx_base64url_decode(text, len, bytes, len, &count))
        assert(count <= len && len <= count * 4 / 3 + 2);
}

static void names(const char *bytes, size_t len) {
    char *text LBX_FREE = strndup(bytes, len);
    enum lbx_log_level level;
    if (lbx_uuid_valid(text))
        assert(strlen(text) == LBX_UUID_SIZE - 1);
    (void)lbx_log_level_parse(text, &level);
    if (lbx_email_check(bytes, len))
        return;
    const char *at = memchr(bytes, '@', len);
    assert(len <= LBX_EMAIL_MAX && at && at - bytes <= LBX_EMAIL_LOCAL_MAX);
    assert(lbx_email_domain_valid(at + 1, len - (size_t)(at + 1 - bytes)));
    for (size_t i = 0; i < len; i++)
        assert(bytes[i] > ' ' && bytes[i] < 0x7F && !strchr("<>()[],;:\\\"", bytes[i]));
}

static void is_harmless(const struct lbx_buf *out) {
    assert(lbx_utf8_valid(out->data ? out->data : "", out->len));
    for (size_t i = 0; i < out->len; i++)
        assert((unsigned char)out->data[i] >= ' ' && out->data[i] != 0x7F);
}

static void harmless(const char *bytes, size_t len) {
    char *text LBX_FREE = strndup(bytes, len);
    struct lbx_buf out LBX_BUF = {0}, again LBX_BUF = {0};
    lbx_text_harmless_n(bytes, len, &out);
    is_harmless(&out);
    lbx_text_harmless_n(out.data ? out.data : "", out.len, &again);
    assert(again.len == out.len && (out.len == 0 || memcmp(again.data, out.data, out.len) == 0));
    lbx_text_shortened(text, 10, &out);
    lbx_cluster_words(text, &out);
    lbx_person_words(text, text, text, &out);
    is_harmless(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    size_t len;
    char *bytes LBX_FREE = fuzz_rest(&in, &len);
    utf8(bytes, len);
    base64(bytes, len);
    names(bytes, len);
    harmless(bytes, len);
    return 0;
}

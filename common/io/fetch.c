#include "io/fetch.h"

#include <curl/curl.h>
#include <stdlib.h>

struct sink {
    struct lbx_buf *body;
    size_t most;
};

static size_t take(char *bytes, size_t size, size_t count, void *context) {
    struct sink *sink = context;
    size_t len = size * count;
    if (sink->body->len + len > sink->most)
        return 0; /* curl stops */
    lbx_buf_add(sink->body, bytes, len);
    return len;
}

static enum lbx_err classify(CURLcode code) {
    if (code == CURLE_OK)
        return LBX_OK;
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        return LBX_ERR_INVALID;
    return code == CURLE_WRITE_ERROR ? LBX_ERR_LIMIT : LBX_ERR_UNAVAILABLE;
}

/* What every request has in common; also frees the handle and its headers. */
static enum lbx_err perform(CURL *curl, struct curl_slist *headers, size_t most, long timeout_s,
                            struct lbx_answer *ret_answer, const char **ret_why) {
    struct sink sink = {&ret_answer->body, most};
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, timeout_s);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "lockbox");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &sink);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &ret_answer->status);
    *ret_why = curl_easy_strerror(code);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return classify(code);
}

static CURL *begin(const char *url, const char *protocols) {
    CURL *curl = curl_easy_init();
    if (!curl)
        abort();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
    return curl;
}

enum lbx_err lbx_fetch_post(const char *url, const char *content_type, const struct lbx_buf *body,
                            size_t most, long timeout_s, struct lbx_answer *ret_answer,
                            const char **ret_why) {
    struct lbx_buf type LBX_BUF = {0};
    CURL *curl = begin(url, "http,https");
    lbx_buf_printf(&type, "Content-Type: %s", content_type);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data);
    return perform(curl, curl_slist_append(NULL, type.data), most, timeout_s, ret_answer, ret_why);
}

enum lbx_err lbx_fetch_get(const char *url, const char *accept, const struct lbx_fetch_tls *tls,
                           size_t most, long timeout_s, struct lbx_answer *ret_answer,
                           const char **ret_why) {
    struct lbx_buf header LBX_BUF = {0};
    CURL *curl = begin(url, "https");
    lbx_buf_printf(&header, "Accept: %s", accept);
    curl_easy_setopt(curl, CURLOPT_CAINFO, tls->ca_file);
    curl_easy_setopt(curl, CURLOPT_SSLCERT, tls->certificate_file);
    curl_easy_setopt(curl, CURLOPT_SSLKEY, tls->key_file);
    return perform(curl, curl_slist_append(NULL, header.data), most, timeout_s, ret_answer,
                   ret_why);
}

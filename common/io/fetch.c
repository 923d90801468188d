/* HTTP by libcurl: a request, and its answer of a bounded size.
 * Promises that no redirect is followed, and that a webhook's name leads to no address that is not public. Fails as fetch.h
 * says.
 */
#include "io/fetch.h"

#include "base/address.h"
#include "base/text.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <sys/socket.h>

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

bool lbx_fetch_is_private(const char *url) {
    static const char tls[] = "https://", plain[] = "http://";
    if (lbx_same_start(url, tls, sizeof tls - 1))
        return true;
    if (!lbx_same_start(url, plain, sizeof plain - 1))
        return false;
    const char *host = url + sizeof plain - 1;
    const size_t authority = strcspn(host, "/?#"), len = strcspn(host, *host == '[' ? "]" : ":/?#");
    if (memchr(host, '@', authority) || memchr(host, '\\', authority))
        return false;
    return lbx_is_loopback(host, *host == '[' && host[len] ? len + 1 : len);
}

static CURL *begin(const char *url, const char *protocols) {
    CURL *curl = curl_easy_init();
    if (!curl)
        abort();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
    return curl;
}

static void show(CURL *curl, const struct lbx_fetch_tls *tls) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, tls->ca_file);
    curl_easy_setopt(curl, CURLOPT_SSLCERT, tls->certificate_file);
    curl_easy_setopt(curl, CURLOPT_SSLKEY, tls->key_file);
}

/* method NULL: POST. */
static enum lbx_err send_body(const char *method, const char *url, const char *content_type,
                              const struct lbx_fetch_tls *tls, const struct lbx_buf *body,
                              size_t most, long timeout_s, struct lbx_answer *ret_answer,
                              const char **ret_why) {
    struct lbx_buf type LBX_BUF = {0};
    CURL *curl = begin(url, "http,https");
    lbx_buf_printf(&type, "Content-Type: %s", content_type);
    if (tls)
        show(curl, tls);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data);
    if (method)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    return perform(curl, curl_slist_append(NULL, type.data), most, timeout_s, ret_answer, ret_why);
}

enum lbx_err lbx_fetch_post(const char *url, const char *content_type,
                            const struct lbx_fetch_tls *tls, const struct lbx_buf *body,
                            size_t most, long timeout_s, struct lbx_answer *ret_answer,
                            const char **ret_why) {
    return send_body(NULL, url, content_type, tls, body, most, timeout_s, ret_answer, ret_why);
}

enum lbx_err lbx_fetch_patch(const char *url, const char *content_type,
                             const struct lbx_fetch_tls *tls, const struct lbx_buf *body,
                             size_t most, long timeout_s, struct lbx_answer *ret_answer,
                             const char **ret_why) {
    return send_body("PATCH", url, content_type, tls, body, most, timeout_s, ret_answer, ret_why);
}

enum lbx_err lbx_fetch_get(const char *url, const char *accept, const struct lbx_fetch_tls *tls,
                           size_t most, long timeout_s, struct lbx_answer *ret_answer,
                           const char **ret_why) {
    struct lbx_buf header LBX_BUF = {0};
    CURL *curl = begin(url, "https");
    lbx_buf_printf(&header, "Accept: %s", accept);
    show(curl, tls);
    return perform(curl, curl_slist_append(NULL, header.data), most, timeout_s, ret_answer,
                   ret_why);
}

/* ---- webhooks ---- */

struct hooked {
    const struct lbx_fetch_hook *hook;
    bool refused;
};

static curl_socket_t open_public(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address) {
    struct hooked *hooked = context;
    (void)purpose;
    hooked->refused = !hooked->hook->private_too && !lbx_address_is_public(&address->addr);
    return hooked->refused
               ? CURL_SOCKET_BAD
               : socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int on_progress(void *context, curl_off_t down, curl_off_t downs, curl_off_t up,
                       curl_off_t ups) {
    const struct hooked *hooked = context;
    (void)down, (void)downs, (void)up, (void)ups;
    return hooked->hook->stop && hooked->hook->stop(hooked->hook->context);
}

static struct curl_slist *headers_of(const struct lbx_fetch_hook *hook) {
    struct lbx_buf type LBX_BUF = {0};
    lbx_buf_printf(&type, "Content-Type: %s", hook->content_type);
    struct curl_slist *headers = curl_slist_append(NULL, type.data);
    for (const char *const *more = hook->headers; *more; more++)
        headers = curl_slist_append(headers, *more);
    return headers;
}

enum lbx_err lbx_fetch_hook(const struct lbx_fetch_hook *hook, const struct lbx_buf *body,
                            size_t most, struct lbx_answer *ret_answer, const char **ret_why) {
    struct hooked hooked = {.hook = hook};
    CURL *curl = begin(hook->url, "https");
    if (hook->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, hook->ca_file);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_public);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &hooked);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &hooked);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data);
    enum lbx_err err = perform(curl, headers_of(hook), most, hook->timeout_s, ret_answer, ret_why);
    return err == LBX_ERR_UNAVAILABLE && hooked.refused ? LBX_ERR_REFUSED : err;
}

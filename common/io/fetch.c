/* Sends an HTTP request by libcurl, and reads an answer of bounded size. Promises that no
 * redirect is followed, and that a webhook connects to public addresses only. Fails as fetch.h
 * says. */
#include "io/fetch.h"

#include "base/address.h"
#include "base/text.h"
#include "io/curl.h"

#include <stdlib.h>
#include <sys/socket.h>

/* A request under way: the library, and its handle. */
struct request {
    const struct lbx_curl *lib;
    CURL *curl;
};

struct sink {
    struct lbx_buf *body;
    size_t most;
};

static size_t take(char *bytes, size_t size, size_t count, void *context) {
    struct sink *sink = context;
    size_t len = size * count;
    if (sink->body->len + len > sink->most)
        return 0; /* curl aborts the transfer */
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

/* Sets the options that all requests share, and runs the request. Also frees the handle and its headers. */
static enum lbx_err perform(const struct request *it, struct curl_slist *headers, size_t most,
                            long timeout_s, struct lbx_answer *ret_answer, const char **ret_why) {
    const struct lbx_curl *lib = it->lib;
    struct sink sink = {&ret_answer->body, most};
    lib->easy_setopt(it->curl, CURLOPT_NOSIGNAL, 1L);
    lib->easy_setopt(it->curl, CURLOPT_TIMEOUT, timeout_s);
    lib->easy_setopt(it->curl, CURLOPT_USERAGENT, "lockbox");
    lib->easy_setopt(it->curl, CURLOPT_HTTPHEADER, headers);
    lib->easy_setopt(it->curl, CURLOPT_WRITEFUNCTION, take);
    lib->easy_setopt(it->curl, CURLOPT_WRITEDATA, &sink);
    CURLcode code = lib->easy_perform(it->curl);
    lib->easy_getinfo(it->curl, CURLINFO_RESPONSE_CODE, &ret_answer->status);
    *ret_why = lib->easy_strerror(code);
    lib->slist_free_all(headers);
    lib->easy_cleanup(it->curl);
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

enum lbx_err lbx_fetch_load(const char **ret_why) {
    if (lbx_curl())
        return LBX_OK;
    *ret_why = "needs libcurl.so.4, which cannot be loaded";
    return LBX_ERR_UNAVAILABLE;
}

static enum lbx_err begin(const char *url, const char *protocols, struct request *ret_request,
                          const char **ret_why) {
    enum lbx_err err = lbx_fetch_load(ret_why);
    if (err != LBX_OK)
        return err;
    const struct lbx_curl *lib = lbx_curl();
    *ret_request = (struct request){lib, lib->easy_init()};
    if (!ret_request->curl)
        abort();
    lib->easy_setopt(ret_request->curl, CURLOPT_URL, url);
    lib->easy_setopt(ret_request->curl, CURLOPT_PROTOCOLS_STR, protocols);
    return LBX_OK;
}

static void show(const struct request *it, const struct lbx_fetch_tls *tls) {
    it->lib->easy_setopt(it->curl, CURLOPT_CAINFO, tls->ca_file);
    it->lib->easy_setopt(it->curl, CURLOPT_SSLCERT, tls->certificate_file);
    it->lib->easy_setopt(it->curl, CURLOPT_SSLKEY, tls->key_file);
}

/* method NULL: POST. */
static enum lbx_err send_body(const char *method, const char *url, const char *content_type,
                              const struct lbx_fetch_tls *tls, const struct lbx_buf *body,
                              size_t most, long timeout_s, struct lbx_answer *ret_answer,
                              const char **ret_why) {
    struct lbx_buf type LBX_BUF = {0};
    struct request it;
    enum lbx_err err = begin(url, "http,https", &it, ret_why);
    if (err != LBX_OK)
        return err;
    lbx_buf_printf(&type, "Content-Type: %s", content_type);
    if (tls)
        show(&it, tls);
    it.lib->easy_setopt(it.curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
    it.lib->easy_setopt(it.curl, CURLOPT_POSTFIELDS, body->data);
    if (method)
        it.lib->easy_setopt(it.curl, CURLOPT_CUSTOMREQUEST, method);
    return perform(&it, it.lib->slist_append(NULL, type.data), most, timeout_s, ret_answer,
                   ret_why);
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
    struct request it;
    enum lbx_err err = begin(url, "https", &it, ret_why);
    if (err != LBX_OK)
        return err;
    lbx_buf_printf(&header, "Accept: %s", accept);
    show(&it, tls);
    return perform(&it, it.lib->slist_append(NULL, header.data), most, timeout_s, ret_answer,
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

static struct curl_slist *headers_of(const struct lbx_curl *lib,
                                     const struct lbx_fetch_hook *hook) {
    struct lbx_buf type LBX_BUF = {0};
    lbx_buf_printf(&type, "Content-Type: %s", hook->content_type);
    struct curl_slist *headers = lib->slist_append(NULL, type.data);
    for (const char *const *more = hook->headers; *more; more++)
        headers = lib->slist_append(headers, *more);
    return headers;
}

enum lbx_err lbx_fetch_hook(const struct lbx_fetch_hook *hook, const struct lbx_buf *body,
                            size_t most, struct lbx_answer *ret_answer, const char **ret_why) {
    struct hooked hooked = {.hook = hook};
    struct request it;
    enum lbx_err err = begin(hook->url, "https", &it, ret_why);
    if (err != LBX_OK)
        return err;
    if (hook->ca_file)
        it.lib->easy_setopt(it.curl, CURLOPT_CAINFO, hook->ca_file);
    it.lib->easy_setopt(it.curl, CURLOPT_PROXY, "");
    it.lib->easy_setopt(it.curl, CURLOPT_OPENSOCKETFUNCTION, open_public);
    it.lib->easy_setopt(it.curl, CURLOPT_OPENSOCKETDATA, &hooked);
    it.lib->easy_setopt(it.curl, CURLOPT_NOPROGRESS, 0L);
    it.lib->easy_setopt(it.curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    it.lib->easy_setopt(it.curl, CURLOPT_XFERINFODATA, &hooked);
    it.lib->easy_setopt(it.curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
    it.lib->easy_setopt(it.curl, CURLOPT_POSTFIELDS, body->data);
    err = perform(&it, headers_of(it.lib, hook), most, hook->timeout_s, ret_answer, ret_why);
    return err == LBX_ERR_UNAVAILABLE && hooked.refused ? LBX_ERR_REFUSED : err;
}

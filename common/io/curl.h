/* The shared library libcurl, loaded at the first HTTP request. If it were linked, it would take
 * a megabyte of memory of each worker, and most workers send no request. */
#ifndef LBX_IO_CURL_H
#define LBX_IO_CURL_H

#include <curl/curl.h>

/* libcurl's functions, by their names without `curl_`. */
struct lbx_curl {
    __typeof__(curl_easy_init) *easy_init;
    __typeof__(curl_easy_cleanup) *easy_cleanup;
    __typeof__((curl_easy_setopt)) *easy_setopt;
    __typeof__((curl_easy_getinfo)) *easy_getinfo;
    __typeof__(curl_easy_perform) *easy_perform;
    __typeof__(curl_easy_strerror) *easy_strerror;
    __typeof__(curl_slist_append) *slist_append;
    __typeof__(curl_slist_free_all) *slist_free_all;
};

/* The functions, loaded by the first call and constant from then on. NULL: libcurl is not installed. Any thread may call. */
const struct lbx_curl *lbx_curl(void);

#endif

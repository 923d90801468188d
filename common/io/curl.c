/* Loads libcurl at the first request. Promises one attempt for each process. Fails with NULL
 * where the library, or one of its functions, is missing. */
#include "io/curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

static struct lbx_curl curl;
static bool is_loaded;

/* POSIX guarantees that a void pointer can hold a function's address. */
static bool find(void *library, const char *name, void *ret_function) {
    void *const found = dlsym(library, name);
    memcpy(ret_function, &found, sizeof found);
    return found != NULL;
}

static void load(void) {
    const struct {
        const char *name;
        void *function;
    } wanted[] = {
        {"curl_easy_init", &curl.easy_init},       {"curl_easy_cleanup", &curl.easy_cleanup},
        {"curl_easy_setopt", &curl.easy_setopt},   {"curl_easy_getinfo", &curl.easy_getinfo},
        {"curl_easy_perform", &curl.easy_perform}, {"curl_easy_strerror", &curl.easy_strerror},
        {"curl_slist_append", &curl.slist_append}, {"curl_slist_free_all", &curl.slist_free_all},
    };
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    is_loaded = library != NULL;
    for (size_t i = 0; is_loaded && i < sizeof wanted / sizeof *wanted; i++)
        is_loaded = find(library, wanted[i].name, wanted[i].function);
}

const struct lbx_curl *lbx_curl(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return is_loaded ? &curl : NULL;
}

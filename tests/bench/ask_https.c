/* Posts bodies over TLS on persistent connections, one request at a time on each, and prints the
 * results as JSON. ask_https URL CA CERTIFICATE KEY CONNECTIONS COUNT < BODIES (one a line) */
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODIES_MAX = 64 << 20, LINES_MAX = 100000 };

static char **argument;
static const char *lines[LINES_MAX];
static size_t line_count, share;

struct thread {
    pthread_t id;
    size_t number, allowed, failed;
    int64_t *took_us;
};

static size_t look(char *bytes, size_t size, size_t count, void *context) {
    struct thread *it = context;
    it->allowed += memmem(bytes, size * count, "\"allowed\":true", 14) != NULL;
    return size * count;
}

static void check(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "ask_https: %s\n", what);
    exit(1);
}

static void *ask(void *context) {
    struct thread *it = context;
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    curl_easy_setopt(curl, CURLOPT_URL, argument[1]);
    curl_easy_setopt(curl, CURLOPT_CAINFO, argument[2]);
    curl_easy_setopt(curl, CURLOPT_SSLCERT, argument[3]);
    curl_easy_setopt(curl, CURLOPT_SSLKEY, argument[4]);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, look);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, it);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    for (size_t i = 0; i < share; i++) {
        int64_t began_us = lbx_monotonic_us();
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, lines[(it->number * share + i) % line_count]);
        it->failed += curl_easy_perform(curl) != CURLE_OK;
        it->took_us[i] = lbx_monotonic_us() - began_us;
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return NULL;
}

static int by_time(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void read_lines(struct lbx_buf *text) {
    check(lbx_file_read_fd(STDIN_FILENO, BODIES_MAX, text), "no bodies");
    char *rest = text->data;
    for (char *line; line_count < LINES_MAX && (line = strsep(&rest, "\n"));)
        if (*line)
            lines[line_count++] = line;
    check(line_count > 0, "no bodies");
}

int main(int argc, char **argv) {
    check(argc == 7, "usage: ask_https URL CA CERTIFICATE KEY CONNECTIONS COUNT < BODIES");
    struct lbx_buf text LBX_BUF = {0};
    size_t threads = strtoul(argv[5], NULL, 10), count = strtoul(argv[6], NULL, 10);
    check(threads > 0 && count >= threads, "nothing to do");
    argument = argv;
    share = count / threads;
    count = share * threads;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    read_lines(&text);
    struct thread *all = lbx_calloc(threads * sizeof *all);
    int64_t *took_us = lbx_calloc(count * sizeof *took_us), began_us = lbx_monotonic_us();
    for (size_t i = 0; i < threads; i++) {
        all[i] = (struct thread){.number = i, .took_us = took_us + i * share};
        check(pthread_create(&all[i].id, NULL, ask, &all[i]) == 0, "no thread");
    }
    size_t allowed = 0, failed = 0;
    for (size_t i = 0; i < threads; i++) {
        pthread_join(all[i].id, NULL);
        allowed += all[i].allowed;
        failed += all[i].failed;
    }
    double seconds = (double)(lbx_monotonic_us() - began_us) / 1e6;
    qsort(took_us, count, sizeof *took_us, by_time);
    printf("{\"per_second\":%.0f,\"p50_us\":%lld,\"p99_us\":%lld,\"allowed\":%zu,\"failed\":%zu}\n",
           (double)count / seconds, (long long)took_us[count / 2],
           (long long)took_us[count * 99 / 100], allowed, failed);
    free(all);
    free(took_us);
    return failed > 0;
}

/* Texts kept for the life of the process. Cannot fail; the number of texts is bounded. */
#include "base/text_pool.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXTS_MOST = 1024, TEXT_SIZE = 256 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *texts[TEXTS_MOST];
static size_t count;

static const char *keep(const char *text) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0)
            return texts[i];
    if (count == TEXTS_MOST)
        return "of more than can be told here: the log says what";
    return texts[count++] = strdup(text);
}

const char *lbx_text_kept(const char *format, ...) {
    char text[TEXT_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pthread_mutex_lock(&lock);
    const char *kept = keep(text);
    pthread_mutex_unlock(&lock);
    return kept;
}

/* Ids of due requests whose rows cannot be read or written, which are skipped. Promises that
 * each is tried again within a minute, and that the worker is not ready meanwhile. Cannot fail. */
#include "left_out.h"

#include "base/memory.h"
#include "base/uuid.h"
#include "worker/worker.h"

#include <pthread.h>
#include <stdio.h>

#define AGAIN_US (60 * LBX_SECOND_US)
enum { MOST = 1000 };

static struct {
    pthread_mutex_t lock;
    char (*ids)[LBX_UUID_SIZE];
    size_t count, cap;
    int64_t again_us;
} left_out = {.lock = PTHREAD_MUTEX_INITIALIZER};

void left_out_add(const char *request_id, const char *why) {
    pthread_mutex_lock(&left_out.lock);
    if (left_out.count == left_out.cap) {
        left_out.cap = left_out.cap ? left_out.cap * 2 : 16;
        left_out.ids = lbx_realloc(left_out.ids, sizeof *left_out.ids * left_out.cap);
    }
    if (left_out.count == 0)
        left_out.again_us = lbx_monotonic_us() + AGAIN_US;
    snprintf(left_out.ids[left_out.count++], LBX_UUID_SIZE, "%s", request_id);
    pthread_mutex_unlock(&left_out.lock);
    lbx_worker_incident(why);
}

bool left_out_is_full(void) {
    pthread_mutex_lock(&left_out.lock);
    bool full = left_out.count >= MOST;
    pthread_mutex_unlock(&left_out.lock);
    return full;
}

void left_out_array(struct lbx_pg_arrays *ret_array) {
    *ret_array = (struct lbx_pg_arrays){0};
    pthread_mutex_lock(&left_out.lock);
    for (size_t i = 0; i < left_out.count; i++)
        lbx_pg_array_text(ret_array, left_out.ids[i]);
    pthread_mutex_unlock(&left_out.lock);
}

int64_t left_out_look_again(void) {
    pthread_mutex_lock(&left_out.lock);
    const int64_t left_us = left_out.again_us - lbx_monotonic_us();
    bool any = left_out.count > 0, over = any && left_us <= 0;
    if (over)
        left_out.count = 0;
    pthread_mutex_unlock(&left_out.lock);
    if (over)
        lbx_worker_incident(NULL);
    return any && !over ? left_us : LBX_NEVER_US;
}

/* Checks all sockets every half second, and shuts down the late ones. Promises not to touch a descriptor
 * after its removal, as its number may be reused. Cannot fail but for memory, which ends the process. */
#include "io/patience.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#define LOOK_US (500 * LBX_MS_US)

struct lbx_patience {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    pthread_t thread;
    struct lbx_patient *first;
    bool ending;
};

static void shut_late(struct lbx_patience *patience) {
    int64_t now_us = lbx_monotonic_us();
    for (struct lbx_patient *it = patience->first; it; it = it->next)
        if (atomic_load(&it->until_us) <= now_us)
            shutdown(it->fd, SHUT_RDWR);
}

static void *look(void *context) {
    struct lbx_patience *patience = context;
    pthread_mutex_lock(&patience->lock);
    while (!patience->ending) {
        int64_t at_us = lbx_monotonic_us() + LOOK_US;
        struct timespec at = {.tv_sec = at_us / LBX_SECOND_US,
                              .tv_nsec = at_us % LBX_SECOND_US * 1000};
        pthread_cond_timedwait(&patience->ended, &patience->lock, &at);
        shut_late(patience);
    }
    pthread_mutex_unlock(&patience->lock);
    return NULL;
}

struct lbx_patience *lbx_patience_new(void) {
    struct lbx_patience *patience = lbx_calloc(sizeof *patience);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&patience->lock, NULL);
    pthread_cond_init(&patience->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&patience->thread, NULL, look, patience) != 0)
        abort();
    return patience;
}

void lbx_patience_free(struct lbx_patience *patience) {
    if (!patience)
        return;
    pthread_mutex_lock(&patience->lock);
    patience->ending = true;
    pthread_cond_signal(&patience->ended);
    pthread_mutex_unlock(&patience->lock);
    pthread_join(patience->thread, NULL);
    pthread_cond_destroy(&patience->ended);
    pthread_mutex_destroy(&patience->lock);
    free(patience);
}

void lbx_patience_add(struct lbx_patience *patience, struct lbx_patient *patient) {
    pthread_mutex_lock(&patience->lock);
    patient->next = patience->first;
    patient->place = &patience->first;
    if (patient->next)
        patient->next->place = &patient->next;
    patience->first = patient;
    pthread_mutex_unlock(&patience->lock);
}

void lbx_patience_remove(struct lbx_patience *patience, struct lbx_patient *patient) {
    pthread_mutex_lock(&patience->lock);
    *patient->place = patient->next;
    if (patient->next)
        patient->next->place = patient->place;
    pthread_mutex_unlock(&patience->lock);
}

/* Publishes accesses by one producer, which a thread owns: other threads add batches and wait.
 * Promises that a batch's memory lives until its last delivery report. Fails as accesses.h says. */
#include "accesses.h"

#include "base/clock.h"
#include "base/memory.h"
#include "io/producer.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_US LBX_SECOND_US
enum { POLL_MS = 5, WAITING_MAX = 1000 };

/* state: changed by the publishing thread under the lock, but for `next`. */
struct batch {
    struct lbx_arena arena;
    struct lbx_record *records;
    struct accesses *accesses;
    size_t count, open; /* open: without a delivery report */
    enum lbx_err err;   /* the worst error so far */
    bool abandoned;     /* nobody waits for it: the publishing thread frees it */
    struct batch *next;
};

struct accesses {
    const struct lbx_settings *settings;
    const char *worker;
    char *topic;
    struct lbx_producer *producer; /* used by the thread only, once it runs */
    pthread_mutex_t lock;
    pthread_cond_t given, reported;
    struct batch *first, **last; /* batches not sent yet */
    size_t waiting, under_way;
    bool closing;
    pthread_t thread;
};

static void batch_free(struct batch *batch) {
    lbx_arena_done(&batch->arena);
    free(batch);
}

/* Counts a delivery report of a batch. The lock is held. */
static void report(struct batch *batch, enum lbx_err err) {
    struct accesses *accesses = batch->accesses;
    if (batch->err == LBX_OK || err == LBX_ERR_REFUSED)
        batch->err = err;
    if (--batch->open > 0)
        return;
    if (batch->abandoned)
        batch_free(batch);
    else
        pthread_cond_broadcast(&accesses->reported);
}

static void on_delivered(void *context, enum lbx_err err) {
    struct batch *batch = context;
    struct accesses *accesses = batch->accesses;
    pthread_mutex_lock(&accesses->lock);
    accesses->under_way--;
    report(batch, err == LBX_OK || err == LBX_ERR_REFUSED ? err : LBX_ERR_UNAVAILABLE);
    pthread_mutex_unlock(&accesses->lock);
}

/* ---- the publishing thread ---- */

static enum lbx_err send_one(struct accesses *accesses, struct batch *batch, size_t i) {
    enum lbx_err err =
        accesses->producer
            ? lbx_producer_send(accesses->producer, LBX_TOPIC_ACCESSES, &batch->records[i], batch)
            : LBX_ERR_FENCED;
    if (err == LBX_ERR_FENCED) { /* closing the producer reports the records in flight */
        lbx_producer_close(accesses->producer);
        accesses->producer = NULL;
        if (lbx_producer_open(accesses->settings, accesses->worker, on_delivered,
                              &accesses->producer) != LBX_OK)
            accesses->producer = NULL;
    }
    return err;
}

static void send_batch(struct accesses *accesses, struct batch *batch) {
    size_t count = batch->count; /* the last report may free the batch */
    for (size_t i = 0; i < count; i++) {
        enum lbx_err err = send_one(accesses, batch, i);
        pthread_mutex_lock(&accesses->lock);
        if (err == LBX_OK)
            accesses->under_way++;
        else
            report(batch, err == LBX_ERR_REFUSED ? err : LBX_ERR_UNAVAILABLE);
        pthread_mutex_unlock(&accesses->lock);
    }
}

static struct batch *next_batch(struct accesses *accesses, bool *ret_poll) {
    pthread_mutex_lock(&accesses->lock);
    while (!accesses->first && !accesses->under_way && !accesses->closing)
        pthread_cond_wait(&accesses->given, &accesses->lock);
    struct batch *batch = accesses->first;
    if (batch) {
        accesses->first = batch->next;
        accesses->waiting--;
        if (!accesses->first)
            accesses->last = &accesses->first;
    }
    *ret_poll = !accesses->closing || batch;
    pthread_mutex_unlock(&accesses->lock);
    return batch;
}

static void *publish(void *context) {
    struct accesses *accesses = context;
    for (bool go_on = true; go_on;) {
        struct batch *batch = next_batch(accesses, &go_on);
        if (batch)
            send_batch(accesses, batch);
        if (accesses->producer)
            lbx_producer_poll(accesses->producer, batch ? 0 : POLL_MS);
    }
    return NULL;
}

/* ---- other threads ---- */

static struct batch *batch_of(struct accesses *accesses, const struct access_event *events,
                              size_t count) {
    static const char type[] = "application/cloudevents+json; charset=UTF-8";
    static const struct lbx_header content_type = {"content-type", type, sizeof type - 1};
    struct batch *batch = lbx_calloc(sizeof *batch);
    lbx_arena_init(&batch->arena);
    batch->accesses = accesses;
    batch->count = batch->open = count;
    batch->records = LBX_ARENA_ARRAY(&batch->arena, struct lbx_record, count);
    for (size_t i = 0; i < count; i++)
        batch->records[i] = (struct lbx_record){
            .key = lbx_arena_strdup(&batch->arena, events[i].key),
            .key_len = strlen(events[i].key),
            .value = lbx_arena_memdup(&batch->arena, events[i].value, events[i].len),
            .value_len = events[i].len,
            .headers = &content_type,
            .header_count = 1,
        };
    return batch;
}

static enum lbx_err await(struct accesses *accesses, struct batch *batch) {
    int64_t until_us = lbx_monotonic_us() + WAIT_US;
    struct timespec until = {.tv_sec = until_us / LBX_SECOND_US,
                             .tv_nsec = until_us % LBX_SECOND_US * 1000};
    int waited = 0;
    while (batch->open > 0 && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&accesses->reported, &accesses->lock, &until);
    if (batch->open > 0) {
        batch->abandoned = true;
        return LBX_ERR_UNAVAILABLE;
    }
    enum lbx_err err = batch->err;
    batch_free(batch);
    return err;
}

const char *accesses_topic(const struct accesses *accesses) {
    return accesses->topic;
}

enum lbx_err accesses_publish(struct accesses *accesses, const struct access_event *events,
                              size_t count) {
    if (count == 0)
        return LBX_OK;
    pthread_mutex_lock(&accesses->lock);
    enum lbx_err err = LBX_ERR_UNAVAILABLE;
    if (accesses->waiting < WAITING_MAX) {
        struct batch *batch = batch_of(accesses, events, count);
        *accesses->last = batch;
        accesses->last = &batch->next;
        accesses->waiting++;
        pthread_cond_signal(&accesses->given);
        err = await(accesses, batch);
    }
    pthread_mutex_unlock(&accesses->lock);
    return err;
}

/* ---- life ---- */

enum lbx_err accesses_open(const struct lbx_settings *settings, const char *worker,
                           struct accesses **ret_accesses) {
    struct accesses *accesses = lbx_calloc(sizeof *accesses);
    pthread_condattr_t monotonic;
    accesses->settings = settings;
    accesses->worker = worker;
    if (asprintf(&accesses->topic, "%s%s", settings->topic_prefix,
                 lbx_topic_name(LBX_TOPIC_ACCESSES)) < 0)
        abort();
    accesses->last = &accesses->first;
    enum lbx_err err = lbx_producer_open(settings, worker, on_delivered, &accesses->producer);
    if (err != LBX_OK) {
        free(accesses->topic);
        free(accesses);
        return err;
    }
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&accesses->lock, NULL);
    pthread_cond_init(&accesses->given, &monotonic);
    pthread_cond_init(&accesses->reported, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&accesses->thread, NULL, publish, accesses) != 0)
        abort();
    *ret_accesses = accesses;
    return LBX_OK;
}

void accesses_close(struct accesses *accesses) {
    if (!accesses)
        return;
    pthread_mutex_lock(&accesses->lock);
    accesses->closing = true;
    pthread_cond_signal(&accesses->given);
    pthread_mutex_unlock(&accesses->lock);
    pthread_join(accesses->thread, NULL);
    lbx_producer_close(accesses->producer);
    pthread_cond_destroy(&accesses->reported);
    pthread_cond_destroy(&accesses->given);
    pthread_mutex_destroy(&accesses->lock);
    free(accesses->topic);
    free(accesses);
}

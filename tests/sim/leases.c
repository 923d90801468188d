/* The leases of the outbox's shards, as common/store/sql/leases keeps them: a lease ends with its time, and with its holder's session. */
#include "relays.h"

#include "base/uuid.h"

#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000)
enum { PARTS = 16, HOLDERS = 64 };

/* Of a lease, or of a holder. */
struct hold {
    char holder[LBX_UUID_SIZE];
    const struct lbx_pg *session;
    int session_number;
    int64_t until_us;
};

static struct { struct hold parts[PARTS], holders[HOLDERS]; } leases;

void leases_begin(void) {
    memset(&leases, 0, sizeof leases);
}

static bool holds(const struct hold *hold) {
    return hold->holder[0] && hold->until_us > sim.now_us && hold->session->alive &&
           hold->session->number == hold->session_number;
}

static bool is_of(const struct hold *hold, const char *holder) {
    return strcmp(hold->holder, holder) == 0;
}

static struct hold hold_of(const struct lbx_pg *pg, const char *holder) {
    struct hold hold = {
        .session = pg, .session_number = pg->number, .until_us = sim.now_us + 12 * SECOND};
    snprintf(hold.holder, sizeof hold.holder, "%s", holder);
    return hold;
}

static void note_holder(const struct lbx_pg *pg, const char *holder) {
    struct hold *place = NULL;
    for (int i = 0; i < HOLDERS; i++) {
        struct hold *it = &leases.holders[i];
        if (is_of(it, holder))
            place = it;
        else if (!holds(it))
            *it = (struct hold){0};
        if (!place && !it->holder[0])
            place = it;
    }
    *place = hold_of(pg, holder);
}

static int share(void) {
    int count = 0;
    for (int i = 0; i < HOLDERS; i++)
        count += leases.holders[i].holder[0] != 0;
    return (PARTS + count - 1) / count;
}

void leases_keep(const struct lbx_pg *pg, const struct lbx_call *call, struct answer *ret) {
    const char *holder = call->params[1];
    note_holder(pg, holder);
    const int most = share();
    int mine = 0;
    for (int i = 0; i < PARTS; i++) {
        if (is_of(&leases.parts[i], holder))
            leases.parts[i] = hold_of(pg, contains(call->params[2], i) ? "" : holder);
        mine += is_of(&leases.parts[i], holder);
    }
    for (int i = 0; i < PARTS && mine < most; i++)
        if (!contains(call->params[2], i) && !is_of(&leases.parts[i], holder) &&
            !holds(&leases.parts[i])) {
            leases.parts[i] = hold_of(pg, holder);
            mine++;
        }
    for (int i = 0; i < PARTS; i++)
        if (is_of(&leases.parts[i], holder)) {
            ret->rows[ret->count].first = i;
            ret->rows[ret->count++].second = most;
        }
}

void leases_leave(const struct lbx_call *call) {
    for (int i = 0; i < HOLDERS; i++)
        if (is_of(&leases.holders[i], call->params[1]))
            leases.holders[i] = (struct hold){0};
    for (int i = 0; i < PARTS; i++)
        if (is_of(&leases.parts[i], call->params[1]))
            leases.parts[i] = (struct hold){0};
}

bool leases_has(int part, const char *holder) {
    return is_of(&leases.parts[part], holder);
}

/* access_check for all threads that wait for it: one of them asks for all. */
#ifndef AUTHORIZER_ASKING_H
#define AUTHORIZER_ASKING_H

#include "database.h"

#include <stddef.h>

struct pool;
struct asked;

struct asking {
    struct pool *pool;           /* whose lock is of what follows, too */
    struct asked *first, **last; /* WAITING or ASKING_NOW, in the order in which they came */
    size_t asking;               /* threads that ask, or were told to */
    size_t asking_now;           /* of these, those of this turn: at most two */
    unsigned long turn;          /* the next one begins where those that ask are late */
};

/* In place, nothing to release. The pool is borrowed. */
void asking_init(struct asking *asking, struct pool *pool);

/* As database_ask. */
enum lbx_err asking_ask(struct asking *asking, const struct question *question,
                        struct lbx_arena *arena, struct grant *ret_grant) LBX_MUST_CHECK;

#endif

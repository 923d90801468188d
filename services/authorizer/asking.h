/* access_check for all waiting threads: one of them sends all questions. */
#ifndef AUTHORIZER_ASKING_H
#define AUTHORIZER_ASKING_H

#include "database.h"

#include <stddef.h>

struct pool;
struct asked;

struct asking {
    struct pool *pool;           /* its lock guards the members below */
    struct asked *first, **last; /* WAITING or ASKING_NOW, in order of arrival */
    size_t asking;               /* threads that send a statement, or are about to */
    size_t asking_now;           /* of these, those of the current turn: at most two */
    unsigned long turn;          /* current turn; a new one begins when statements are late */
};

/* Initialises in place; nothing has to be released. The pool is borrowed. */
void asking_init(struct asking *asking, struct pool *pool);

/* As database_ask. */
enum lbx_err asking_ask(struct asking *asking, const struct question *question,
                        struct lbx_arena *arena, struct grant *ret_grant) LBX_MUST_CHECK;

#endif

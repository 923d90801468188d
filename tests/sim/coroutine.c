/* Coroutines: threads would not be one interleaving a seed. They change places without the system call for the mask of signals that
 * swapcontext makes each time, hundreds of times in an interleaving.
 * A file of its own: a caller that saw these functions' bodies would keep registers across a call that they do not change.
 */
#include "sim.h"

void coroutine_enter(struct place *here, const ucontext_t *beginning) {
    if (__builtin_setjmp(here->words) == 0)
        // cppcheck-suppress setcontextCalled
        setcontext(beginning);
}

/* Not in the function of a __builtin_setjmp: GCC asks for that. */
static _Noreturn __attribute__((noinline)) void go(const struct place *there) {
    __builtin_longjmp((void **)there->words, 1);
}

void coroutine_switch(struct place *here, const struct place *there) {
    if (__builtin_setjmp(here->words) == 0)
        go(there);
}

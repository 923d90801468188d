/* --watch: queries once a second, and prints the whole answer when it changed. Fails with the
 * exit code of a failed query; "nothing found" is tried again. */
#include "watch.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EVERY_MS = 1000 };

#define CLEAR "\033[H\033[2J"

static bool is_new(const struct lbx_buf *now, const struct lbx_buf *before) {
    return now->len != before->len || (now->len && memcmp(now->data, before->data, now->len) != 0);
}

static void print(const struct lbx_buf *answer) {
    fputs(isatty(STDOUT_FILENO) ? CLEAR : "", stdout);
    fwrite(answer->data, 1, answer->len, stdout);
    fflush(stdout);
}

/* Uses an arena for each round, as the number of rounds is unlimited. */
static enum ctl_exit once(struct ctl *ctl, enum ctl_exit (*answer)(struct ctl *ctl),
                          struct lbx_buf *ret_answer) {
    struct lbx_arena kept = ctl->arena;
    lbx_buf_clear(ret_answer);
    lbx_arena_init(&ctl->arena);
    ctl_put_into(ret_answer);
    enum ctl_exit code = answer(ctl);
    ctl_put_into(NULL);
    lbx_arena_done(&ctl->arena);
    ctl->arena = kept;
    return code;
}

enum ctl_exit ctl_watch(struct ctl *ctl, enum ctl_exit (*answer)(struct ctl *ctl)) {
    struct lbx_buf now LBX_BUF = {0}, before LBX_BUF = {0};
    if (!ctl->options[CTL_WATCH])
        return answer(ctl);
    for (;;) {
        enum ctl_exit code = once(ctl, answer, &now);
        if (code != CTL_DONE && code != CTL_NO)
            return code;
        if (is_new(&now, &before) && now.len)
            print(&now);
        if (ferror(stdout))
            return CTL_NO;
        lbx_buf_clear(&before);
        lbx_buf_add(&before, now.data, now.len);
        poll(NULL, 0, EVERY_MS);
    }
}

/* Reads requests as they are published (data.request of an event), one a line, from standard input and
 * prints the digest of what consent is given to, one a line. A line that is no request ends the
 * program with 2. */
#include "base/cleanup.h"
#include "core/consent.h"
#include "io/hash.h"

#include <stdio.h>

int main(void) {
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    char *line LBX_FREE = NULL;
    size_t cap = 0;
    ssize_t len;
    lbx_arena_init(&arena);
    while ((len = getline(&line, &cap, stdin)) >= 0) {
        struct lbx_request request;
        struct lbx_reason reason;
        struct lbx_buf consent LBX_BUF = {0};
        char digest[LBX_SHA256_HEX_SIZE];
        if (lbx_json_read(&lbx_request_table, line, (size_t)len, "", &arena, &request, &reason) !=
            LBX_OK) {
            (void)fprintf(stderr, "%s\n", reason.text);
            return 2;
        }
        lbx_request_consent(&request, lbx_sha256_hex, &consent);
        lbx_sha256_hex(consent.data, consent.len, digest);
        (void)puts(digest);
        lbx_arena_reset(&arena);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}

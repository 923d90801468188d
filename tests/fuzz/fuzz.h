/* What fuzzers share: taking a fuzzer's bytes apart.
 *
 * A fuzzer gives a decoder the bytes, and asserts what must hold of whatever that accepts: mostly that what
 * is written of it reads back as the same. Every piece is a heap block of its own, so that the sanitizer
 * sees a read beyond its end. seeds.py writes seeds in these forms.
 */
#ifndef LBX_TESTS_FUZZ_H
#define LBX_TESTS_FUZZ_H

#include "base/cleanup.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

/* The next byte; 0 at the end. */
static inline uint8_t fuzz_byte(struct fuzz_input *in) {
    if (!in->left)
        return 0;
    in->left--;
    return *in->at++;
}

/* malloc'd, of exactly so many bytes, or as many as there are. */
static inline void *fuzz_bytes(struct fuzz_input *in, size_t want, size_t *ret_len) {
    size_t len = want < in->left ? want : in->left;
    char *bytes = malloc(len ? len : 1);
    assert(bytes);
    if (len)
        memcpy(bytes, in->at, len);
    in->at += len;
    in->left -= len;
    *ret_len = len;
    return bytes;
}

static inline void *fuzz_rest(struct fuzz_input *in, size_t *ret_len) {
    return fuzz_bytes(in, in->left, ret_len);
}

/* The rest as a text, which ends at the first NUL. */
static inline char *fuzz_text(const uint8_t *data, size_t size) {
    char *text = strndup((const char *)data, size);
    assert(text);
    return text;
}

#endif

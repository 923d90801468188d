/* Reads what statements are given: arrays in PostgreSQL's binary form. */
#include "sim.h"

#include <arpa/inet.h>
#include <string.h>

static uint32_t be32(const char *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return ntohl(value);
}

const char *element(const char *column, size_t number, int *ret_len) {
    int len;
    const char *at = lbx_pg_array_bytes(column, &len) + 20;
    for (size_t i = 0;; i++) {
        *ret_len = (int)be32(at);
        at += 4;
        if (i == number)
            return at;
        at += *ret_len > 0 ? *ret_len : 0;
    }
}

size_t count_of(const char *column) {
    int len;
    const char *bytes = lbx_pg_array_bytes(column, &len);
    return len <= 12 ? 0 : be32(bytes + 12); /* no dimension: it is empty */
}

int64_t integer(const char *column, size_t number) {
    int len;
    const unsigned char *at = (const unsigned char *)element(column, number, &len);
    uint64_t value = 0;
    for (int i = 0; i < len; i++)
        value = value << 8 | at[i];
    return (int64_t)value;
}

bool contains(const char *column, int64_t value) {
    for (size_t i = 0; column && i < count_of(column); i++)
        if (integer(column, i) == value)
            return true;
    return false;
}

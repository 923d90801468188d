/* Random bytes from the kernel (getrandom(2)). */
#ifndef LBX_BASE_RANDOM_H
#define LBX_BASE_RANDOM_H

#include <stddef.h>

/* Fills len bytes. Ends the process if the kernel returns an error. */
void lbx_random_bytes(void *bytes, size_t len);

#endif

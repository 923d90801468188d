/* How much of a terminal's line a text takes: nothing for a combining mark, two columns for an ideograph. */
#ifndef LOCKBOXCTL_WIDTH_H
#define LOCKBOXCTL_WIDTH_H

#include <stddef.h>

/* The C library's tables of widths, whatever locale the caller has. Once, at the start. */
void ctl_width_init(void);

/* Columns of a well-formed UTF-8 text without control characters. */
size_t ctl_width(const char *text, size_t len);

/* Bytes of the text's beginning that take no more than so many columns. */
size_t ctl_width_fits(const char *text, size_t len, size_t columns);

#endif

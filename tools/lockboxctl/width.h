/* The width of a text in a terminal: no column for a combining mark, two for an ideograph. */
#ifndef LOCKBOXCTL_WIDTH_H
#define LOCKBOXCTL_WIDTH_H

#include <stddef.h>

/* Loads the C library's tables of widths, whatever the locale. To be called once, at the start. */
void ctl_width_init(void);

/* The columns of well-formed UTF-8 text without control characters. */
size_t ctl_width(const char *text, size_t len);

/* Bytes of the text's beginning that take no more than so many columns. */
size_t ctl_width_fits(const char *text, size_t len, size_t columns);

#endif

/* UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef LBX_BASE_UTF8_H
#define LBX_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character at s (1 to 4); 0: it is ill-formed. */
size_t lbx_utf8_len(const char *s, size_t len);

/* The number of characters (code points) in a well-formed string of len bytes. */
size_t lbx_utf8_chars(const char *s, size_t len);

/* Whether a well-formed string has only white space and invisible characters: Unicode's
 * White_Space, and Default_Ignorable_Code_Point as far as these occur in text. */
bool lbx_utf8_blank(const char *s, size_t len);

bool lbx_utf8_valid(const char *s, size_t len);

#endif

/* Lower case for the letters A to Z alone, whatever the process's locale: identifiers, header names
 * and addresses are compared so. */
#ifndef LBX_BASE_TEXT_H
#define LBX_BASE_TEXT_H

static inline char lbx_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* In place; NULL stays NULL. Returns text. */
static inline char *lbx_lower_all(char *text) {
    for (char *c = text; c && *c; c++)
        *c = lbx_lower(*c);
    return text;
}

#endif

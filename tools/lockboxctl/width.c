/* The width of text by wcwidth() of C.UTF-8. Fails, where that locale is missing, by counting one column for each character. */
#include "width.h"

#include "base/utf8.h"

#include <locale.h>
#include <wchar.h>

void ctl_width_init(void) {
    setlocale(LC_CTYPE, "C.UTF-8");
}

static size_t width_of(const char *character, size_t len) {
    wchar_t c;
    mbstate_t state = {0};
    int width = mbrtowc(&c, character, len, &state) == len ? wcwidth(c) : 1;
    return width < 0 ? 1 : (size_t)width;
}

size_t ctl_width(const char *text, size_t len) {
    size_t columns = 0;
    for (size_t i = 0, n; i < len && (n = lbx_utf8_len(text + i, len - i)) > 0; i += n)
        columns += width_of(text + i, n);
    return columns;
}

size_t ctl_width_fits(const char *text, size_t len, size_t columns) {
    size_t at = 0;
    for (size_t n; at < len && (n = lbx_utf8_len(text + at, len - at)) > 0; at += n) {
        size_t width = width_of(text + at, n);
        if (width > columns)
            break;
        columns -= width;
    }
    return at;
}

/* The table of options, from the list in options.h. Cannot fail. */
#include "options.h"

const struct ctl_option_info ctl_options[CTL_OPTION_COUNT] = {
#define CTL_OPTION_ROW(id, name, value, what) {name, value, what},
    CTL_OPTIONS(CTL_OPTION_ROW)
#undef CTL_OPTION_ROW
};

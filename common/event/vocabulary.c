/* The contract's words as they stand in JSON: a table of names for each list of vocabulary.h. Cannot fail. */
#include "event/payload.h"

#include <string.h>

#define TEXT_OF(name, text) text,
#define DEFINE_NAMES(list, tag) const char *const lbx_##tag##_names[] = {NULL, list(TEXT_OF) NULL};

DEFINE_NAMES(LBX_STATES, state)
DEFINE_NAMES(LBX_DECISIONS, decision)
DEFINE_NAMES(LBX_VERDICTS, verdict)
DEFINE_NAMES(LBX_ROLES, role)
DEFINE_NAMES(LBX_REFUSALS, refusal)
DEFINE_NAMES(LBX_CHANGES, change)
DEFINE_NAMES(LBX_MAIL_KINDS, mail_kind)
DEFINE_NAMES(LBX_OUTCOMES, outcome)
DEFINE_NAMES(LBX_EMERGENCIES, emergency)
DEFINE_NAMES(LBX_CAUSES, cause)
DEFINE_NAMES(LBX_WEBHOOK_FORMATS, webhook_format)

int lbx_name_index(const char *const *names, const char *text) {
    for (int i = 1; names[i]; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return 0;
}

/* What one record says, as rows of the read models: by the type of its event. Between models.c and project.c. */
#ifndef LBX_AUDIT_PROJECT_H
#define LBX_AUDIT_PROJECT_H

#include "models/models.h"

struct lbx_seen {
    struct lbx_models *models;
    const struct lbx_record *record;
    const struct lbx_event_summary *summary;
    const struct lbx_event *event;
};

/* NULL: done; otherwise why not, and nothing was added. */
const char *lbx_project(const struct lbx_seen *seen);

/* The time Kafka has of a record, in milliseconds. Producers choose it; PostgreSQL does not take every one: 0. */
int64_t lbx_project_timestamp(const struct lbx_record *record);

#endif

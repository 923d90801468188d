/* Converts one event to rows of the read models, by its type. Internal to models.c and project.c. */
#ifndef LBX_AUDIT_PROJECT_H
#define LBX_AUDIT_PROJECT_H

#include "models/models.h"

struct lbx_seen {
    struct lbx_models *models;
    const struct lbx_record *record;
    const struct lbx_event_summary *summary;
    const struct lbx_event *event;
};

/* NULL: done. Otherwise the reason; no rows were added. */
const char *lbx_project(const struct lbx_seen *seen);

/* The record's Kafka timestamp in milliseconds; 0: producers may set any number, and PostgreSQL does not accept this one. */
int64_t lbx_project_timestamp(const struct lbx_record *record);

#endif

/* Parses the body of a preview request. Promises an object or a patch, in canonical JSON, with
 * kind and name. Fails with a reason for the client. */
#include "preview_asked.h"

#include "dry_runs.h"

#include <stdio.h>
#include <string.h>

enum { OBJECT_MAX = 1 << 20 };

static const char *const patch_types[] = {[DRY_RUN_APPLY] = "apply",
                                          [DRY_RUN_JSON] = "json",
                                          [DRY_RUN_MERGE] = "merge",
                                          [DRY_RUN_STRATEGIC] = "strategic",
                                          NULL};
#define TEXT .min = 1, .max = 256
#define JSON_TEXT .max = OBJECT_MAX

static const struct lbx_field patch_rows[] = {
    LBX_ROW_ENUM(preview_patch, type, .required = true, .names = patch_types),
    LBX_ROW(preview_patch, body, LBX_T_CANONICAL, const char *, .required = true, JSON_TEXT),
};
static const struct lbx_table patch_table = LBX_TABLE("patch", preview_patch, patch_rows);
static const struct lbx_field asked_rows[] = {
    LBX_ROW_TEXT(preview_asked, engineer_id, .required = true, .min = 1, .max = 128),
    LBX_ROW(preview_asked, object, LBX_T_CANONICAL, const char *, JSON_TEXT),
    LBX_ROW_TEXT(preview_asked, kind, TEXT),
    LBX_ROW_TEXT(preview_asked, namespace, TEXT),
    LBX_ROW_TEXT(preview_asked, name, TEXT),
    LBX_ROW_OBJECT(preview_asked, patch, struct preview_patch, .of = &patch_table),
};
static const struct lbx_table asked_table = LBX_TABLE("preview", preview_asked, asked_rows);

struct metadata {
    const char *namespace, *name;
};
struct object {
    const char *api_version, *kind;
    struct metadata metadata;
};
static const struct lbx_field metadata_rows[] = {
    LBX_ROW_TEXT(metadata, namespace, TEXT),
    LBX_ROW_TEXT(metadata, name, TEXT),
};
static const struct lbx_table metadata_table = LBX_TABLE("metadata", metadata, metadata_rows);
static const struct lbx_field object_rows[] = {
    LBX_ROW_AS("apiVersion", object, api_version, LBX_T_TEXT, const char *, .required = true, TEXT),
    LBX_ROW_TEXT(object, kind, .required = true, TEXT),
    LBX_ROW_OBJECT(object, metadata, struct metadata, .required = true, .of = &metadata_table),
};
static const struct lbx_table object_table = LBX_TABLE("object", object, object_rows);

/* Reads kind and version: "apps/v1" and "Deployment" are Deployment.apps in v1. */
static bool read_object(struct preview_asked *asked, struct lbx_arena *arena,
                        struct lbx_reason *ret_reason) {
    struct object object = {0};
    if (lbx_json_read(&object_table, asked->object, strlen(asked->object), "/object", arena,
                      &object, ret_reason) != LBX_OK)
        return false;
    const char *slash = strchr(object.api_version, '/');
    const char *group =
        slash ? lbx_arena_memdup(arena, object.api_version, (size_t)(slash - object.api_version))
              : "";
    asked->version = slash ? slash + 1 : object.api_version;
    asked->kind = *group ? lbx_arena_printf(arena, "%s.%s", object.kind, group) : object.kind;
    asked->namespace = object.metadata.namespace;
    asked->name = object.metadata.name;
    return true;
}

static bool wrong(struct lbx_reason *ret_reason, const char *what) {
    (void)snprintf(ret_reason->text, sizeof ret_reason->text, "%s", what);
    return false;
}

bool preview_asked_read(const struct lbx_buf *body, struct lbx_arena *arena,
                        struct preview_asked *ret_asked, struct lbx_reason *ret_reason) {
    struct preview_asked *asked = ret_asked;
    if (lbx_json_read(&asked_table, body->data ? body->data : "", body->len, "", arena, asked,
                      ret_reason) != LBX_OK)
        return false;
    if (!asked->object == !asked->patch.body)
        return wrong(ret_reason, "an object or a patch, one of both");
    if (asked->object && (asked->kind || asked->namespace || asked->name))
        return wrong(ret_reason, "an object says its kind, namespace and name itself");
    if (asked->object && !read_object(asked, arena, ret_reason))
        return false;
    if (!asked->kind || !asked->name)
        return wrong(ret_reason, "a kind and a name; what has generateName alone has no content");
    return true;
}

/* Parses reviews by tables, and writes their answers. Unknown members are ignored, as each Kubernetes
 * release adds some. Fails with LBX_ERR_INVALID where a review has no user or no attributes. */
#include "reviews.h"

#include <stdio.h>
#include <string.h>

enum { GROUPS_MAX = 1000 };
#define TEXT .min = 0, .max = 4096
#define NEEDED .required = true, .min = 1, .max = 4096

struct resource_attributes {
    const char *verb, *group, *resource, *subresource, *namespace, *name;
};
struct path_attributes {
    const char *verb, *path;
};
struct access_spec {
    const char *user;
    const char **groups;
    size_t group_count;
    struct resource_attributes resource;
    struct path_attributes path;
};
struct access_review {
    const char *api_version, *kind;
    struct access_spec spec;
};

static const struct lbx_field resource_rows[] = {
    LBX_ROW_TEXT(resource_attributes, verb, NEEDED),
    LBX_ROW_TEXT(resource_attributes, group, TEXT),
    LBX_ROW_TEXT(resource_attributes, resource, NEEDED),
    LBX_ROW_TEXT(resource_attributes, subresource, TEXT),
    LBX_ROW_TEXT(resource_attributes, namespace, TEXT),
    LBX_ROW_TEXT(resource_attributes, name, TEXT),
};
static const struct lbx_table resource_table =
    LBX_TABLE("resourceAttributes", resource_attributes, resource_rows);
static const struct lbx_field path_rows[] = {
    LBX_ROW_TEXT(path_attributes, verb, NEEDED),
    LBX_ROW_TEXT(path_attributes, path, NEEDED),
};
static const struct lbx_table path_table =
    LBX_TABLE("nonResourceAttributes", path_attributes, path_rows);
static const struct lbx_field spec_rows[] = {
    LBX_ROW_TEXT(access_spec, user, NEEDED),
    LBX_ROW_TEXTS(access_spec, groups, group_count, TEXT, .min_items = 0, .max_items = GROUPS_MAX),
    LBX_ROW_AS("resourceAttributes", access_spec, resource, LBX_T_OBJECT,
               struct resource_attributes, .of = &resource_table),
    LBX_ROW_AS("nonResourceAttributes", access_spec, path, LBX_T_OBJECT, struct path_attributes,
               .of = &path_table),
};
static const struct lbx_table spec_table = LBX_TABLE("spec", access_spec, spec_rows);
static const struct lbx_field access_review_rows[] = {
    LBX_ROW_AS("apiVersion", access_review, api_version, LBX_T_TEXT, const char *, NEEDED),
    LBX_ROW_TEXT(access_review, kind, NEEDED),
    LBX_ROW_OBJECT(access_review, spec, struct access_spec, .required = true, .of = &spec_table),
};
static const struct lbx_table access_review_table =
    LBX_TABLE("SubjectAccessReview", access_review, access_review_rows);

struct kind_name {
    const char *group, *kind;
};
struct object_metadata {
    const char *name, *uid;
};
struct object {
    struct object_metadata metadata;
};
struct user_info {
    const char *username;
    const char **groups;
    size_t group_count;
};
struct admission_request {
    const char *uid, *operation, *subresource, *namespace, *name;
    struct kind_name kind;
    struct user_info user;
    bool dry_run;
    struct lbx_json object, old;
};
struct admission_review {
    const char *api_version, *kind;
    struct admission_request request;
};

static const struct lbx_field kind_name_rows[] = {
    LBX_ROW_TEXT(kind_name, group, TEXT),
    LBX_ROW_TEXT(kind_name, kind, NEEDED),
};
static const struct lbx_table kind_name_table = LBX_TABLE("kind", kind_name, kind_name_rows);
static const struct lbx_field metadata_rows[] = {
    LBX_ROW_TEXT(object_metadata, name, TEXT),
    LBX_ROW_TEXT(object_metadata, uid, TEXT),
};
static const struct lbx_table metadata_table =
    LBX_TABLE("metadata", object_metadata, metadata_rows);
static const struct lbx_field object_rows[] = {
    LBX_ROW_OBJECT(object, metadata, struct object_metadata, .of = &metadata_table)};
static const struct lbx_table object_table = LBX_TABLE("object", object, object_rows);
static const struct lbx_field user_rows[] = {
    LBX_ROW_TEXT(user_info, username, NEEDED),
    LBX_ROW_TEXTS(user_info, groups, group_count, TEXT, .min_items = 0, .max_items = GROUPS_MAX),
};
static const struct lbx_table user_table = LBX_TABLE("userInfo", user_info, user_rows);
static const struct lbx_field request_rows[] = {
    LBX_ROW_TEXT(admission_request, uid, NEEDED),
    LBX_ROW_TEXT(admission_request, operation, NEEDED),
    LBX_ROW_AS("subResource", admission_request, subresource, LBX_T_TEXT, const char *, TEXT),
    LBX_ROW_TEXT(admission_request, namespace, TEXT),
    LBX_ROW_TEXT(admission_request, name, TEXT),
    LBX_ROW_OBJECT(admission_request, kind, struct kind_name, .required = true,
                   .of = &kind_name_table),
    LBX_ROW_AS("userInfo", admission_request, user, LBX_T_OBJECT, struct user_info,
               .required = true, .of = &user_table),
    LBX_ROW_AS("dryRun", admission_request, dry_run, LBX_T_BOOL, bool, .required = false),
    LBX_ROW(admission_request, object, LBX_T_JSON, struct lbx_json, .required = false),
    LBX_ROW_AS("oldObject", admission_request, old, LBX_T_JSON, struct lbx_json, .required = false),
};
static const struct lbx_table request_table = LBX_TABLE("request", admission_request, request_rows);
static const struct lbx_field admission_review_rows[] = {
    LBX_ROW_AS("apiVersion", admission_review, api_version, LBX_T_TEXT, const char *, NEEDED),
    LBX_ROW_TEXT(admission_review, kind, NEEDED),
    LBX_ROW_OBJECT(admission_review, request, struct admission_request, .required = true,
                   .of = &request_table),
};
static const struct lbx_table admission_review_table =
    LBX_TABLE("AdmissionReview", admission_review, admission_review_rows);

/* ---- both kinds of reviews ---- */

static enum lbx_err not_this(struct lbx_reason *ret_reason, const char *what) {
    snprintf(ret_reason->text, sizeof ret_reason->text, "%s", what);
    return LBX_ERR_INVALID;
}

static bool is_of(const char *api_version, const char *kind, const char *wanted_version,
                  const char *wanted_kind) {
    return strcmp(api_version, wanted_version) == 0 && strcmp(kind, wanted_kind) == 0;
}

static struct verdict refuse_doubtful(const struct review *review) {
    return decide_refuse(review, "identity",
                         "an engineer has the cluster's name prefix and its group, both");
}

/* ---- authorization ---- */

static struct verdict authorize(const struct review *review, const struct access_spec *spec,
                                const char *engineer_id, enum who who) {
    if (who == WHO_DOUBTFUL)
        return refuse_doubtful(review);
    if (!spec->resource.verb)
        return decide_path(review, spec->path.verb, spec->path.path);
    const struct resource_attributes *it = &spec->resource;
    return decide_attributes(review, engineer_id,
                             &(struct attributes){it->verb, it->group, it->resource,
                                                  it->subresource, it->namespace, it->name});
}

enum lbx_err reviews_authorize(const struct review *review, const struct lbx_buf *body,
                               struct lbx_buf *answer, const char **ret_code,
                               struct lbx_reason *ret_reason) {
    struct access_review it = {0};
    enum lbx_err err = lbx_json_read(&access_review_table, body->data ? body->data : "", body->len,
                                     "", review->arena, &it, ret_reason);
    if (err != LBX_OK)
        return err;
    if (!is_of(it.api_version, it.kind, "authorization.k8s.io/v1", "SubjectAccessReview"))
        return not_this(ret_reason, "no authorization.k8s.io/v1 SubjectAccessReview");
    if (!it.spec.resource.verb == !it.spec.path.verb)
        return not_this(ret_reason, "/spec: asks for a resource or a path, one of both");
    const struct subject subject = {it.spec.user, it.spec.groups, it.spec.group_count};
    const char *engineer_id;
    enum who who = decide_who(review->cluster, &subject, &engineer_id);
    *ret_code = NULL;
    lbx_buf_str(answer, "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":"
                        "\"SubjectAccessReview\",\"status\":{\"allowed\":");
    if (who == WHO_OTHER) { /* no opinion: later authorizers decide */
        lbx_buf_str(answer, "false}}");
        return LBX_OK;
    }
    struct verdict verdict = authorize(review, &it.spec, engineer_id, who);
    *ret_code = verdict.code;
    lbx_buf_str(answer, verdict.allowed ? "true,\"reason\":" : "false,\"denied\":true,\"reason\":");
    lbx_buf_json_str(answer, verdict.reason, strlen(verdict.reason));
    lbx_buf_str(answer, "}}");
    return LBX_OK;
}

/* ---- admission ---- */

/* The metadata of a review's object; absent where there is no object, or an invalid one. */
static struct object_metadata metadata_of(const struct lbx_json *json, struct lbx_arena *arena) {
    struct object object = {0};
    struct lbx_json value LBX_CLEANUP(lbx_json_done) = {
        .text = json->text, .len = json->len, .parsed = json->parsed};
    if (!lbx_json_is_absent(json) && lbx_json_read_value(&object_table, &value, LBX_JSON_PARTIAL,
                                                         "", arena, &object, NULL) != LBX_OK)
        object = (struct object){0};
    return object.metadata;
}

static struct verdict admit(const struct review *review, struct admission_request *it,
                            const char *engineer_id, enum who who) {
    if (who == WHO_DOUBTFUL)
        return refuse_doubtful(review);
    const char *name =
        it->name && *it->name ? it->name : metadata_of(&it->object, review->arena).name;
    const struct change change = {
        .operation = it->operation,
        .group = it->kind.group,
        .kind = it->kind.kind,
        .subresource = it->subresource,
        .namespace = it->namespace,
        .name = name,
        .uid =
            strcmp(it->operation, "DELETE") == 0 ? metadata_of(&it->old, review->arena).uid : NULL,
        .objects = {.before = lbx_json_is_absent(&it->old) ? NULL : &it->old, .after = &it->object},
    };
    return decide_change(review, engineer_id, &change);
}

/* Admits requests of the customer's identity, which the authorizer itself uses, only without
 * changes. A SubjectAccessReview changes nothing. */
static struct verdict admit_customer(const struct review *review,
                                     const struct admission_request *it) {
    bool asks = it->kind.group && strcmp(it->kind.group, "authorization.k8s.io") == 0 &&
                strcmp(it->operation, "CREATE") == 0;
    if (asks || (it->dry_run && strcmp(it->operation, "CONNECT") != 0))
        return (struct verdict){.allowed = true};
    return decide_refuse(review, "dry_run_only", "the customer's identity makes dry runs alone");
}

static bool is_customer(const struct review *review, const struct user_info *user) {
    const char *customer = review->cluster->customer;
    return customer && strcmp(user->username, customer) == 0;
}

enum lbx_err reviews_admit(const struct review *review, const struct lbx_buf *body,
                           struct lbx_buf *answer, const char **ret_code,
                           struct lbx_reason *ret_reason) {
    struct admission_review it = {0};
    struct lbx_json value LBX_CLEANUP(lbx_json_done) = {.text = body->data ? body->data : "",
                                                        .len = body->len};
    enum lbx_err err = lbx_json_read_value(&admission_review_table, &value, LBX_JSON_STRICT, "",
                                           review->arena, &it, ret_reason);
    if (err != LBX_OK)
        return err;
    if (!is_of(it.api_version, it.kind, "admission.k8s.io/v1", "AdmissionReview"))
        return not_this(ret_reason, "no admission.k8s.io/v1 AdmissionReview");
    const struct user_info *user = &it.request.user;
    const struct subject subject = {user->username, user->groups, user->group_count};
    const char *engineer_id;
    enum who who = decide_who(review->cluster, &subject, &engineer_id);
    struct verdict verdict = {.allowed = true};
    if (who != WHO_OTHER)
        verdict = admit(review, &it.request, engineer_id, who);
    else if (is_customer(review, user))
        verdict = admit_customer(review, &it.request);
    *ret_code = verdict.code;
    lbx_buf_str(answer, "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\","
                        "\"response\":{\"uid\":");
    lbx_buf_json_str(answer, it.request.uid, strlen(it.request.uid));
    lbx_buf_str(answer, verdict.allowed ? ",\"allowed\":true" : ",\"allowed\":false");
    if (!verdict.allowed) {
        lbx_buf_str(answer, ",\"status\":{\"code\":403,\"reason\":\"Forbidden\",\"message\":");
        lbx_buf_json_str(answer, verdict.reason, strlen(verdict.reason));
        lbx_buf_str(answer, "}");
    }
    lbx_buf_str(answer, "}}");
    return LBX_OK;
}

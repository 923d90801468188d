/* A request's URI as an API server reads it (Go's net/url). */
#ifndef AUTHORIZER_URI_H
#define AUTHORIZER_URI_H

#include "base/arena.h"

/* The path, decoded. NULL: the URI has none that can be. */
const char *uri_path(const char *uri, struct lbx_arena *arena);

/* The value of the query's first parameter of that name. NULL: there is none. uri may be NULL. */
const char *uri_parameter(const char *uri, const char *name, struct lbx_arena *arena);

#endif

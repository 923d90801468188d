/* Parses a request's URI as an API server does (Go's net/url). */
#ifndef AUTHORIZER_URI_H
#define AUTHORIZER_URI_H

#include "base/arena.h"

/* The decoded path. NULL: the URI has no valid path. */
const char *uri_path(const char *uri, struct lbx_arena *arena);

/* The value of the query's first parameter of that name. NULL: none. uri may be NULL. */
const char *uri_parameter(const char *uri, const char *name, struct lbx_arena *arena);

#endif

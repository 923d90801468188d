/* The program's version, made by cmake/version.cmake at each build. */
#ifndef LBX_VERSION_VERSION_H
#define LBX_VERSION_VERSION_H

extern const char lbx_version[];        /* of semver.org: "0.1.0", "0.1.0+g1f96a88ce51c" */
extern const char lbx_version_commit[]; /* 40 hex digits, or "unknown" */
extern const char lbx_version_build[];  /* compiler, machine, kind of build */

#endif

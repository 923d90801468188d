# cmake -DSOURCE_DIR=… -DPROJECT_VERSION=… -DBUILD=… -DOUTPUT=version.c -P version.cmake
#
# Writes which program this is. The version is a tag's (vX.Y.Z) where one stands on the commit, else the project's with the
# commit behind it (0.1.0+g1f96a88, ".modified" where the tree has changes). The commit is LOCKBOX_COMMIT's of the
# environment (and the version LOCKBOX_VERSION's), else git's, else that of cmake/commit.txt, which `git archive` fills in.
# No time and no path is written: the same tree makes the same bytes.
cmake_minimum_required(VERSION 3.25)

function(git_says ret)
    execute_process(COMMAND git -C ${SOURCE_DIR} ${ARGN} OUTPUT_VARIABLE text OUTPUT_STRIP_TRAILING_WHITESPACE
                    ERROR_QUIET RESULT_VARIABLE failed)
    if(failed)
        set(text "")
    endif()
    set(${ret} "${text}" PARENT_SCOPE)
endfunction()

set(commit "$ENV{LOCKBOX_COMMIT}")
set(version "$ENV{LOCKBOX_VERSION}")
set(modified "")
set(tag "")
if(NOT commit AND EXISTS ${SOURCE_DIR}/.git)
    git_says(commit rev-parse HEAD)
    git_says(tag describe --tags --exact-match "--match=v[0-9]*" HEAD)
    execute_process(COMMAND git -C ${SOURCE_DIR} diff --quiet HEAD -- RESULT_VARIABLE changed ERROR_QUIET)
    if(changed)
        set(modified ".modified")
    endif()
elseif(NOT commit)
    file(STRINGS ${SOURCE_DIR}/cmake/commit.txt lines)
    list(GET lines 0 commit)
    list(GET lines -1 tag)
endif()
if(NOT commit MATCHES "^[0-9a-f]+$")
    set(commit "unknown")
endif()
if(tag MATCHES "-[0-9]+-g[0-9a-f]+$") # git describe's words for a commit after a tag
    set(tag "")
endif()
if(NOT version AND NOT modified AND tag MATCHES "^v([0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?)$")
    set(version "${CMAKE_MATCH_1}")
elseif(NOT version AND commit STREQUAL "unknown")
    set(version "${PROJECT_VERSION}")
elseif(NOT version)
    string(SUBSTRING "${commit}" 0 12 short)
    set(version "${PROJECT_VERSION}+g${short}${modified}")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "/* Made by cmake/version.cmake. */
#include \"version/version.h\"

const char lbx_version[] = \"${version}\";
const char lbx_version_commit[] = \"${commit}\";
const char lbx_version_build[] = \"${BUILD}\";
")

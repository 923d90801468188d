# The few words the other CMakeLists.txt are written in.
find_package(PkgConfig REQUIRED)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Asserts stay in: they are for our own bugs, and stop a worker before it does harm.
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

add_compile_options(-D_GNU_SOURCE= -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
                    -Wvla -Wno-missing-field-initializers)
option(LOCKBOX_WERROR "Warnings are errors" OFF)
if(LOCKBOX_WERROR)
    add_compile_options(-Werror)
endif()
option(LOCKBOX_REPRODUCIBLE "The same bytes, whichever folder the tree is in" OFF)
if(LOCKBOX_REPRODUCIBLE)
    add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=/usr/src/lockbox)
endif()
option(LOCKBOX_HARDEN "Hardening flags" OFF)
if(LOCKBOX_HARDEN)
    add_compile_options(-D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection
                        -fcf-protection)
    add_link_options(-pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
endif()
set(LOCKBOX_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
if(LOCKBOX_SANITIZE)
    add_compile_options(-fsanitize=${LOCKBOX_SANITIZE} -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${LOCKBOX_SANITIZE})
endif()
# Fuzzers: everything is instrumented for libFuzzer, whose main only they link.
option(LOCKBOX_FUZZ "Fuzzers (clang)" OFF)
if(LOCKBOX_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
option(LOCKBOX_COVERAGE "Count what runs (gcov)" OFF)
if(LOCKBOX_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()
# A worker needs only the libraries that its own code calls.
add_link_options(-Wl,--as-needed)
# The table of relative relocations, packed (DT_RELR): a fiftieth of the bytes that each process reads as it starts.
include(CheckLinkerFlag)
check_linker_flag(C -Wl,-z,pack-relative-relocs LOCKBOX_PACKS_RELOCATIONS)
if(LOCKBOX_PACKS_RELOCATIONS)
    add_link_options(-Wl,-z,pack-relative-relocs)
endif()

# lbx_pkg(NAME…): imported targets PkgConfig::NAME.
function(lbx_pkg)
    foreach(name IN LISTS ARGN)
        if(NOT TARGET PkgConfig::${name})
            pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${name})
        endif()
    endforeach()
endfunction()

# lbx_layer(NAME SOURCES … [USES layer…] [PKG pkg…]): the static library lbx_NAME.
#
# It is also linked whole, with nothing but the layers it may use, into a program that is never run:
# a call upwards has no definition there, and the build stops.
function(lbx_layer name)
    cmake_parse_arguments(ARG "" "" "SOURCES;USES;PKG" ${ARGN})
    add_library(lbx_${name} STATIC ${ARG_SOURCES})
    target_include_directories(lbx_${name} PUBLIC ${PROJECT_SOURCE_DIR}/common)
    list(TRANSFORM ARG_USES PREPEND lbx_)
    target_link_libraries(lbx_${name} PUBLIC ${ARG_USES})
    lbx_pkg(${ARG_PKG})
    list(TRANSFORM ARG_PKG PREPEND PkgConfig::)
    target_link_libraries(lbx_${name} PUBLIC ${ARG_PKG})

    file(WRITE ${CMAKE_BINARY_DIR}/closed/main.c "int main(void) { return 0; }\n")
    add_executable(closed_${name} ${CMAKE_BINARY_DIR}/closed/main.c)
    target_link_libraries(closed_${name} PRIVATE
        -Wl,--whole-archive,$<TARGET_FILE:lbx_${name}>,--no-whole-archive ${ARG_USES} ${ARG_PKG})
    add_dependencies(closed_${name} lbx_${name})
    set_target_properties(closed_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/closed
        LINK_DEPENDS $<TARGET_FILE:lbx_${name}>)
endfunction()

# lbx_embed_sql(TARGET PREFIX DIR): every DIR/*.sql as `const struct lbx_sql sql_PREFIX_<file>`, with structs of what it
# takes and answers, declared in "sql_PREFIX.h", and all of them in the NULL-ended list sql_PREFIX_all. sql_PREFIX.json
# describes them to tests.
function(lbx_embed_sql target prefix dir)
    set(header ${CMAKE_CURRENT_BINARY_DIR}/sql_${prefix}.h)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/sql_${prefix}.c)
    file(GLOB files CONFIGURE_DEPENDS ${dir}/*.sql)
    add_custom_command(
        OUTPUT ${header} ${source}
        COMMAND ${CMAKE_COMMAND} -DPREFIX=${prefix} -DHEADER=${header} -DSOURCE=${source}
                -DDESCRIPTION=${CMAKE_CURRENT_BINARY_DIR}/sql_${prefix}.json
                "-DFILES=${files}" -P ${PROJECT_SOURCE_DIR}/cmake/embed_sql.cmake
        DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/embed_sql.cmake
        VERBATIM)
    target_sources(${target} PRIVATE ${source} ${header})
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()

# lbx_show_threads(TARGET): to ThreadSanitizer, the threads of librdkafka.
function(lbx_show_threads target)
    if(LOCKBOX_SANITIZE MATCHES thread)
        target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/sanitize/c11_threads.c)
    endif()
endfunction()

# lbx_schema_versions(TARGET NAME…): "schema_versions.h" with LBX_<NAME>_SCHEMA_VERSION, the version of the last
# script in schemas/db/NAME.
function(lbx_schema_versions target)
    set(text "/* Made from the names in schemas/db by cmake/lockbox.cmake. */\n#pragma once\n")
    foreach(name IN LISTS ARGN)
        file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/schemas/db/${name}/V*.sql)
        list(SORT files)
        list(GET files -1 last)
        string(REGEX REPLACE ".*/V0*([0-9]+)__[^/]*$" "\\1" version ${last})
        string(TOUPPER ${name} upper)
        string(APPEND text "#define LBX_${upper}_SCHEMA_VERSION ${version}\n")
    endforeach()
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/schema_versions.h CONTENT "${text}")
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()

# lbx_embed_text(TARGET NAME DIR): every DIR/*.html and *.txt as `const struct lbx_file NAME[]`, whose last
# has no name.
function(lbx_embed_text target name dir)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
    file(GLOB files CONFIGURE_DEPENDS ${dir}/*.html ${dir}/*.txt)
    add_custom_command(
        OUTPUT ${source}
        COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DSOURCE=${source} "-DFILES=${files}"
                -P ${PROJECT_SOURCE_DIR}/cmake/embed_text.cmake
        DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/embed_text.cmake
        VERBATIM)
    target_sources(${target} PRIVATE ${source})
endfunction()

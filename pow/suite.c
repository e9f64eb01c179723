/*
 * suite.c - the registry of suites: one row each, by preference.
 *
 * Where the parameters come from: FORMAT.md section 5.
 */
#include "pow/suite.h"

#include <string.h>

#include "pow/engine.h"
#include "pow/err.h"

static const struct op_suite suites[] = {
    {"argon2id-16m", OP_SUITE_PREFERRED, 16384, 1, 32, 4, 4, 20, 512, UINT64_C(1) << 26, 950.0,
     &op_engine_argon2id},
    {"argon2id-256m", OP_SUITE_STRONG, 262144, 1, 16, 2, 4, 22, 48, UINT64_C(1) << 26, 38.0,
     &op_engine_argon2id},
    {"argon2id-64m", OP_SUITE_ACCEPTED, 65536, 1, 16, 2, 4, 22, 256, UINT64_C(1) << 26, 195.0,
     &op_engine_argon2id},
    {"sha256", OP_SUITE_DEPRECATED, 0, 0, 16, 16, 8, 0, UINT64_C(1) << 27, UINT64_C(1) << 56,
     126.0e6, &op_engine_sha256},
};

#define SUITES (sizeof suites / sizeof suites[0])
_Static_assert(SUITES <= OP_SUITES_MAX, "arrays indexed by suite are too small");

size_t op_suite_count(void)
{
    return SUITES;
}

const struct op_suite *op_suite_at(size_t index)
{
    OP_BUG_IF(index >= SUITES);
    return &suites[index];
}

size_t op_suite_index(const struct op_suite *suite)
{
    OP_BUG_IF(suite < suites || suite >= suites + SUITES);
    return (size_t)(suite - suites);
}

const struct op_suite *op_suite_find(const char *name, size_t len)
{
    for (size_t i = 0; i < SUITES; i++)
        if (strlen(suites[i].name) == len && memcmp(suites[i].name, name, len) == 0)
            return &suites[i];
    return NULL;
}

const struct op_suite *op_suite_default(void)
{
    return &suites[0];
}

const char *op_suite_status_str(enum op_suite_status status)
{
    switch (status) {
    case OP_SUITE_PREFERRED:
        return "preferred";
    case OP_SUITE_STRONG:
        return "strong";
    case OP_SUITE_ACCEPTED:
        return "accepted";
    case OP_SUITE_DEPRECATED:
        return "deprecated";
    }
    return "invalid";
}

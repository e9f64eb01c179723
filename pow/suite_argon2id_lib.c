/*
 * suite_argon2id_lib.c - the engine of the Argon2id suites on libargon2, for builds with
 * ONIONPOW_LIBARGON2.
 *
 * Several times slower than suite_argon2id.c, and the same to the last bit. The memory is mapped
 * once per engine and lent to libargon2 through its allocate_cbk: allocating anew costs as much as
 * the hash itself above 32 MiB.
 */
#include <argon2.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "pow/bytes.h"
#include "pow/engine.h"

struct argon2id {
    const struct op_suite *suite;
    uint8_t *memory;
    size_t size;
};

static enum op_err argon2id_open(const struct op_suite *suite, unsigned width, void **state_r)
{
    (void)width;
    struct argon2id *engine = malloc(sizeof *engine);
    if (!engine)
        return OP_ERR_NOMEM;
    engine->suite = suite;
    engine->size = (size_t)suite->mem_kib * 1024;
    engine->memory =
        mmap(NULL, engine->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (engine->memory == MAP_FAILED) {
        free(engine);
        return OP_ERR_NOMEM;
    }
    (void)madvise(engine->memory, engine->size,
                  MADV_HUGEPAGE); /* advice: without it, it is slower */
    *state_r = engine;
    return OP_OK;
}

static void argon2id_close(void *state)
{
    struct argon2id *engine = state;
    munmap(engine->memory, engine->size);
    free(engine);
}

/* libargon2's callbacks have no argument of ours: the thread's buffer is handed over here. */
static _Thread_local struct argon2id *lender;

static int lend(uint8_t **memory, size_t size)
{
    if (size > lender->size)
        return ARGON2_MEMORY_ALLOCATION_ERROR;
    *memory = lender->memory;
    return ARGON2_OK;
}

static void take_back(uint8_t *memory, size_t size)
{
    (void)memory;
    (void)size;
}

static enum op_err argon2id_eval(void *state, const uint8_t puzzle[OP_PUZZLE_LEN], uint64_t nonce,
                                 uint64_t *x_r)
{
    struct argon2id *engine = state;
    uint8_t password[4], salt[OP_PUZZLE_LEN], out[32];
    op_store_be32(password, (uint32_t)nonce);
    for (size_t i = 0; i < sizeof salt; i++)
        salt[i] = puzzle[i];
    argon2_context context = {
        .out = out,
        .outlen = sizeof out,
        .pwd = password,
        .pwdlen = sizeof password,
        .salt = salt,
        .saltlen = sizeof salt,
        .t_cost = engine->suite->passes,
        .m_cost = engine->suite->mem_kib,
        .lanes = 1,
        .threads = 1,
        .version = ARGON2_VERSION_13,
        .allocate_cbk = lend,
        .free_cbk = take_back,
        .flags = ARGON2_DEFAULT_FLAGS,
    };
    lender = engine;
    int rc = argon2id_ctx(&context);
    lender = NULL;
    if (rc != ARGON2_OK)
        return rc == ARGON2_MEMORY_ALLOCATION_ERROR ? OP_ERR_NOMEM : OP_ERR_CRYPTO;
    *x_r = op_load_be64(out);
    return OP_OK;
}

static unsigned argon2id_width(const struct op_suite *suite)
{
    (void)suite;
    return 1;
}

const struct op_engine op_engine_argon2id = {
    .open = argon2id_open,
    .close = argon2id_close,
    .eval = argon2id_eval,
    .width = argon2id_width,
    .chunk = 1,
};

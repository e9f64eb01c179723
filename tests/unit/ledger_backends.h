/*
 * ledger_backends.h - for tests that hold for each backend: a ledger of its own for each of them.
 */
#ifndef LEDGER_BACKENDS_H
#define LEDGER_BACKENDS_H

#include "ledger_fixture.h"

struct fixture {
    const char *backend;
    char *path;
    uint64_t size;
    struct ledger *ledger;
};

static inline int backend_setup(void **state, const char *backend, uint64_t size)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->backend = backend;
    f->path = fixture_dir();
    f->size = size;
    f->ledger = fixture_open(backend, f->path, size);
    *state = f;
    return 0;
}

static inline int backend_teardown(void **state)
{
    struct fixture *f = *state;
    ledger_close(f->ledger);
    fixture_remove(f->path);
    free(f);
    return 0;
}

static inline struct ledger *ledger_of(void **state)
{
    return ((struct fixture *)*state)->ledger;
}

static inline struct ledger *reopen(void **state)
{
    struct fixture *f = *state;
    ledger_close(f->ledger);
    f->ledger = fixture_open(f->backend, f->path, f->size);
    return f->ledger;
}

static inline void purge(struct ledger *ledger, uint32_t before, size_t limit, bool want_more)
{
    bool more;
    assert_int_equal(ledger_purge(ledger, before, limit, &more), LEDGER_OK);
    assert_int_equal(more, want_more);
}

static inline uint64_t entries(struct ledger *ledger)
{
    struct ledger_stats stats;
    assert_int_equal(ledger_stats_get(ledger, &stats), LEDGER_OK);
    assert_true(stats.bytes <= stats.max_bytes);
    return stats.entries;
}

/* --- notes -------------------------------------------------------------------------------- */

static inline void expect_note(struct ledger *ledger, const char *name, const void *want,
                               size_t want_len)
{
    char note[LEDGER_NOTE_MAX];
    size_t len = 77;
    assert_int_equal(ledger_note_get(ledger, name, note, &len), LEDGER_OK);
    assert_int_equal(len, want_len);
    if (len > 0)
        assert_memory_equal(note, want, len);
}

static inline bool put_note(struct ledger *ledger, const char *name, const void *old,
                            size_t old_len, const void *note, size_t len)
{
    bool done;
    assert_int_equal(ledger_note_put(ledger, name, old, old_len, note, len, &done), LEDGER_OK);
    return done;
}

/* The rows of a table of tests; setup_lmdb and setup_memory are the file's own. */
#define BOTH(test)                                                                                 \
    {#test "/lmdb", test, setup_lmdb, backend_teardown, NULL},                                     \
    {                                                                                              \
#test "/memory", test, setup_memory, backend_teardown, NULL                                \
    }

#endif

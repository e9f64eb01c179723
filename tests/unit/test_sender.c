/* test_sender.c - the sender's configuration: keys, complaints, files, the directory for state. */
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/sender.h"
#include "tools/sender_key.h"

#define ONION "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"

static char top[] = "/tmp/onionpow-sender-XXXXXX";

static struct sender *must_load(const char *text)
{
    char why[SENDER_WHY_MAX];
    struct sender *sender = sender_load_text("test", text, strlen(text), why);
    if (!sender)
        fail_msg("%s", why);
    return sender;
}

static char *dump(const struct sender *sender)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    sender_dump(sender, out);
    fclose(out);
    return text;
}

static char *read_source(const char *name)
{
    char path[512];
    char *text = calloc(1, 1 << 17);
    snprintf(path, sizeof path, "%s/%s", getenv("ONIONPOW_SOURCE"), name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, (1 << 17) - 1, file) > 0);
    fclose(file);
    return text;
}

/* --- keys --------------------------------------------------------------------------------- */

static void test_defaults(void **state)
{
    struct sender *sender = must_load("");
    (void)state;
    assert_string_equal(sender->socks, "127.0.0.1:9050");
    assert_string_equal(sender->helo, "localhost");
    assert_int_equal(sender->tls, SENDER_TLS_OFFERED);
    assert_int_equal(sender->minters, 2);
    assert_int_equal(sender->nice, 10);
    assert_int_equal(sender->max_time_s, 600);
    assert_int_equal(sender->bounce_time_s, 60);
    assert_true(sender->srv);
    assert_false(sender->srv_insecure);
    assert_int_equal(sender->own_count, 0);
    for (size_t i = 0; i < op_suite_count(); i++)
        assert_false(sender->refuse[i]);
    sender_free(sender);
    sender_free(NULL);
}

static void test_values(void **state)
{
    struct sender *sender =
        must_load("socks = \"/run/tor/socks\"\ntls = required\nsrv = no\nminters = 7\nnice = 0\n"
                  "max-mem = 2GiB\nstamp-age = 36h\nrefuse = { \"sha256\" }\n"
                  "own = { \"B\303\274cher.example\", \"" ONION "\" }\nresolver = \"::1@5353\"\n");
    (void)state;
    assert_string_equal(sender->socks, "/run/tor/socks");
    assert_int_equal(sender->tls, SENDER_TLS_REQUIRED);
    assert_false(sender->srv);
    assert_int_equal(sender->minters, 7);
    assert_int_equal(sender->nice, 0);
    assert_true(sender->max_mem == UINT64_C(2) << 30);
    assert_int_equal(sender->stamp_s, 36 * 3600);
    assert_true(sender->refuse[op_suite_index(op_suite_find("sha256", 6))]);
    assert_false(sender->refuse[op_suite_index(op_suite_default())]);
    assert_int_equal(sender->own_count, 2);
    assert_string_equal(sender->own[0], "xn--bcher-kva.example");
    assert_string_equal(sender->own[1], ONION);
    assert_string_equal(sender->resolver, "::1@5353");
    sender_free(sender);
}

static void test_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"sock = \"x\"", "test:1: key \"sock\": got an unknown key, allowed: socks, helo, tls"},
        {"\ntls = maybe", "test:2: key \"tls\": got \"maybe\", allowed: never, offered"},
        {"tls = never\ntls = offered", "test:2: key \"tls\": got it a second time"},
        {"own = { \"a.org\" }\nown = { \"b.org\", \"c.org\" }",
         "test:2: key \"own\": got it a second time, allowed: once (see line 1)"},
        {"own = { \"a.org\", \"b.org\" }\n\nown = \"a.org\"",
         "test:3: key \"own\": got it a second time"},
        {"refuse = { sha256 }\nrefuse = { sha256 }", "test:2: key \"refuse\": got it a second"},
        {"own = { \"a.org\" }\nown = {}", "test:1: key \"own\": got it again as an empty list"},
        {"own = { \"a.org\" }\nown += { \"b.org\" }", "test:2: key \"own\": got it a second time"},
        {"own = { \"a.org\" }\nown = { \"a.org\" }", "test:2: key \"own\": got it a second time"},
        {"tls never", "test:1: "},
        {"tls = never /* x", "got the end of the file inside a comment"},
        {"nice = 3\nhelo = \"x\n", "test:2: key \"helo\": got a line end inside quotes"},
        {"nice = 3\nhelo = \"x\n\nstate = \"/x\"\nmap = \"\"\n",
         "test:2: key \"helo\": got a line end inside quotes"},
        {"own = { \"a.org\",\n\"b.org\n\"c.org\" }",
         "test:2: key \"own\": got a line end inside quotes"},
        {"\nhelo = 'x\n\n", "test:2: got quotes that are open at the end of the file"},
        {"nice = 3\n\"x\n", "test:2: key \"x"},
        {"\n\"(end of file)\" = \"\"\nnice = 3\n", "test:2: key \"(end of file)\": got an unknown"},
        {"own = { \"a.example\"", "test:"},
        {"minters = 0", "from 1 to 64"},
        {"minters = 65", "from 1 to 64"},
        {"minters = -1", "from 1 to 64"},
        {"minters = 2x", "from 1 to 64"},
        {"nice = 20", "from 0 to 19"},
        {"max-time = 0", "from 1s to 1d"},
        {"max-time = 600", "from 1s to 1d"},
        {"bounce-max-time = 2d", "from 0 (never) to 1d"},
        {"max-mem = much", "a size"},
        {"srv = perhaps", "yes or no"},
        {"socks = \"\"", "HOST:PORT"},
        {"socks = \"localhost\"", "HOST:PORT"},
        {"socks = \"localhost:0\"", "HOST:PORT"},
        {"socks = \"localhost:65536\"", "HOST:PORT"},
        {"socks = \"::1:9050\"", "HOST:PORT"},
        {"socks = \"user@localhost:9050\"", "HOST:PORT"},
        {"socks = \"local host:9050\"", "HOST:PORT"},
        {"socks = \"run/tor\"", "HOST:PORT"},
        {"helo = \"\"", "a host name"},
        {"helo = \"a b\"", "a host name"},
        {"helo = \"a\\r\\nMAIL\"", "test:1: key \"helo\": got a line end"},
        {"state = \"relative\"", "absolute path"},
        {"map = \"relative\"", "absolute path"},
        {"trust-anchor = \"/a\\nb\"", "a line end inside quotes"},
        {"resolver = \"localhost\"", "ADDRESS@PORT"},
        {"resolver = \"127.0.0.1@\"", "ADDRESS@PORT"},
        {"resolver = \"127.0.0.1@x\"", "ADDRESS@PORT"},
        {"resolver = \"127.0.0.1:53\"", "ADDRESS@PORT"},
        {"refuse = { \"rot13\" }", "onionpow suites"},
        {"own = { \"a b\" }", "domains such as"},
        {"own = { \"bob@example.org\" }", "domains such as"},
        {"own = { \"cssj56utefk3wxsv.onion\" }", "domains such as"},
        {"own = { \"03d66dd08835c1ca3f12." ONION "\" }", "domains such as"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[SENDER_WHY_MAX] = "";
        struct sender *sender = sender_load_text("test", rows[i].text, strlen(rows[i].text), why);
        if (sender)
            fail_msg("%s: is taken", rows[i].text);
        if (!strstr(why, rows[i].why))
            fail_msg("%s: %s", rows[i].text, why);
    }
}

static void test_accepted_forms(void **state)
{
    static const char *const rows[] = {
        "socks = \"localhost:9050\"",
        "socks = \"[::1]:9050\"",
        "socks = \"tor.lan:1\"",
        "resolver = system",
        "resolver = recursive",
        "resolver = \"192.0.2.1\"",
        "offer-age = 0",
        "refuse = {}",
        "own = {}",
        "map = \"/a b\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        sender_free(must_load(rows[i]));
}

static void test_octet_0(void **state)
{
    char why[SENDER_WHY_MAX] = "";
    (void)state;
    assert_null(sender_load_text("test", "tls = never\n\0", 13, why));
    assert_non_null(strstr(why, "octet 0"));
}

static void test_dump_reads_back(void **state)
{
    static const char text[] =
        "socks = \"[::1]:1\"\nhelo = \"a.b\"\ntls = implicit\nconnect-wait = 1s\nreply-wait = 2s\n"
        "trip-wait = 3s\n"
        "state = \"/a\\\"b\\\\c\\${HOME}\"\noffer-age = 0\nstamp-age = 3d\nminters = 3\nthreads = "
        "4\n"
        "max-mem = 1536KiB\nmax-time = 90s\nbounce-max-time = 0\nnice = 19\n"
        "refuse = { \"sha256\", \"argon2id-16m\" }\n"
        "map = \"/m\"\nown = { \"a.example\", \"b.example\" }\nsrv = no\nsrv-insecure = yes\n"
        "srv-wait = 7s\nresolver = \"127.0.0.1@53\"\ntrust-anchor = \"/t\"\n";
    struct sender *one = must_load(text);
    char *a = dump(one);
    struct sender *two = must_load(a);
    char *b = dump(two);
    (void)state;
    assert_string_equal(a, b);
    assert_string_equal(two->state, "/a\"b\\c${HOME}");
    assert_int_equal(two->own_count, 2);
    /* every key has another value than its default, so that none can be forgotten */
    struct sender *defaults = must_load("");
    char *c = dump(defaults), *rest_a, *rest_c;
    size_t lines = 0;
    for (char *x = strtok_r(a, "\n", &rest_a), *y = strtok_r(c, "\n", &rest_c); x && y;
         x = strtok_r(NULL, "\n", &rest_a), y = strtok_r(NULL, "\n", &rest_c)) {
        assert_string_not_equal(x, y);
        lines++;
    }
    assert_int_equal(lines, sender_key_count());
    free(a);
    free(b);
    free(c);
    sender_free(one);
    sender_free(two);
    sender_free(defaults);
}

/* --- documentation ------------------------------------------------------------------------ */

static void test_shipped_file(void **state)
{
    char *text = read_source("etc/sender.conf");
    struct sender *shipped = must_load(text), *built_in = must_load("");
    char *a = dump(shipped), *b = dump(built_in);
    (void)state;
    assert_string_equal(a, b);
    sender_free(shipped);
    sender_free(built_in);
    free(a);
    free(b);
    free(text);
}

/* How often `head`, then the key's name, then `tail` stand at the start of a line. */
static int count_lines(const char *text, const char *head, const char *key, const char *tail)
{
    char want[128];
    int count = 0;
    snprintf(want, sizeof want, "%s%s%s", head, key, tail);
    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        count += strncmp(line, want, strlen(want)) == 0;
    return count;
}

static void test_documentation(void **state)
{
    char *file = read_source("etc/sender.conf"), *manual = read_source("tools/sender.conf.5");
    (void)state;
    for (size_t i = 0; i < sender_key_count(); i++) {
        const char *name = sender_key_at(i)->name;
        if (count_lines(file, "", name, " = ") != 1)
            fail_msg("etc/sender.conf has \"%s\" not once", name);
        if (count_lines(manual, ".It Cm ", name, " Li =") != 1)
            fail_msg("sender.conf(5) has \"%s\" not once", name);
        /* an example or a default that the manual shows for this key */
        char example[64];
        snprintf(example, sizeof example, ".Li %s = ", name);
        if (count_lines(manual, example, "", "") != 1)
            fail_msg("sender.conf(5) has no example of \"%s\"", name);
    }
    assert_int_equal(count_lines(manual, ".It Cm ", "", ""), (int)sender_key_count());
    free(file);
    free(manual);
}

/* What the manual shows as an example can be written so. */
static void test_examples(void **state)
{
    char *manual = read_source("tools/sender.conf.5"), *rest;
    size_t count = 0;
    (void)state;
    for (char *line = strtok_r(manual, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char text[256] = "";
        if (strncmp(line, ".Li ", 4) != 0 || !strstr(line, " = "))
            continue;
        for (const char *in = line + 4; *in != '\0'; in++) {
            bool quote = strncmp(in, "\\(dq", 4) == 0;
            text[strlen(text)] = quote ? '"' : *in;
            in += quote ? 3 : 0;
        }
        sender_free(must_load(text));
        count++;
    }
    assert_int_equal(count, sender_key_count());
    free(manual);
}

/* --- files -------------------------------------------------------------------------------- */

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", top, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_files(void **state)
{
    char why[SENDER_WHY_MAX] = "", path[256];
    (void)state;
    snprintf(path, sizeof path, "%s/own.conf", top);
    assert_null(sender_load(path, why));
    assert_non_null(strstr(why, "own.conf: cannot be read: No such file"));
    assert_null(sender_load(top, why));
    assert_non_null(strstr(why, "directory"));
    assert_null(sender_load("/dev/zero", why));
    assert_non_null(strstr(why, "1 MiB"));

    write_file("own.conf", "nice = 3\n");
    struct sender *sender = sender_load(path, why);
    assert_non_null(sender);
    assert_int_equal(sender->nice, 3);
    sender_free(sender);

    /* the user's own file is read, and not if another one is named */
    snprintf(path, sizeof path, "%s/onionpow", top);
    assert_int_equal(mkdir(path, 0755), 0);
    setenv("XDG_CONFIG_HOME", top, 1);
    struct sender *none = sender_load(NULL, why);
    assert_non_null(none);
    sender_free(none);
    write_file("onionpow/sender.conf", "nice = 4\nhelo = \"u.example\"\n");
    sender = sender_load(NULL, why);
    assert_non_null(sender);
    assert_int_equal(sender->nice, 4);
    sender_free(sender);
    write_file("onionpow/sender.conf", "nice = 40\n");
    assert_null(sender_load(NULL, why));
    assert_non_null(strstr(why, "onionpow/sender.conf:1: key \"nice\""));
    snprintf(path, sizeof path, "%s/own.conf", top);
    sender = sender_load(path, why);
    assert_non_null(sender);
    assert_string_equal(sender->helo, "localhost");
    sender_free(sender);
    unsetenv("XDG_CONFIG_HOME");
}

/* --- state -------------------------------------------------------------------------------- */

static mode_t mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void test_state(void **state)
{
    char text[300], want[256], why[SENDER_WHY_MAX] = "";
    (void)state;
    snprintf(want, sizeof want, "%s/a/b/state", top);
    snprintf(text, sizeof text, "state = \"%s\"", want);
    struct sender *sender = must_load(text);
    mode_t old = umask(0);
    char *path = sender_state(sender, why);
    umask(old);
    if (!path)
        fail_msg("%s", why);
    assert_string_equal(path, want);
    assert_int_equal(mode_of(path), 0700);
    free(path);

    free(sender_state(sender, why)); /* it may be there */
    assert_int_equal(chmod(want, 0720), 0);
    assert_null(sender_state(sender, why));
    assert_non_null(strstr(why, "others may write"));
    assert_int_equal(chmod(want, 0702), 0);
    assert_null(sender_state(sender, why));
    assert_int_equal(chmod(want, 0700), 0);
    path = sender_state(sender, why);
    assert_non_null(path);
    free(path);
    assert_int_equal(rmdir(want), 0);
    write_file("a/b/state", "");
    assert_null(sender_state(sender, why));
    assert_non_null(strstr(why, "not a directory"));
    unlink(want);
    sender_free(sender);
}

static void test_state_of_another(void **state)
{
    char why[SENDER_WHY_MAX] = "";
    (void)state;
    if (geteuid() == 0) {
        char path[256], text[300];
        snprintf(path, sizeof path, "%s/theirs", top);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(chown(path, 65534, 65534), 0);
        snprintf(text, sizeof text, "state = \"%s\"", path);
        struct sender *sender = must_load(text);
        assert_null(sender_state(sender, why));
        assert_non_null(strstr(why, "belongs to user 65534"));
        sender_free(sender);
    } else {
        struct sender *sender = must_load("state = \"/usr\"");
        assert_null(sender_state(sender, why));
        assert_non_null(strstr(why, "belongs to user 0"));
        sender_free(sender);
    }
}

/* The account's home, in place of that of the machine. */
static char account_home[256];

struct passwd *getpwuid(uid_t uid)
{
    static struct passwd account = {.pw_name = (char *)(uintptr_t) "tester"};

    account.pw_uid = uid;
    account.pw_dir = account_home;
    return account_home[0] != '\0' ? &account : NULL;
}

/* The same for root as for anybody. */
static void test_state_of_the_user(void **state)
{
    char why[SENDER_WHY_MAX] = "", want[256];
    struct sender *sender = must_load("");
    (void)state;
    setenv("HOME", top, 1);
    unsetenv("XDG_STATE_HOME");
    snprintf(want, sizeof want, "%s/.local/state/onionpow", top);
    char *path = sender_state(sender, why);
    if (!path)
        fail_msg("%s", why);
    assert_string_equal(path, want);
    free(path);
    snprintf(want, sizeof want, "%s/xdg", top);
    setenv("XDG_STATE_HOME", want, 1);
    snprintf(want, sizeof want, "%s/xdg/onionpow", top);
    path = sender_state(sender, why);
    assert_non_null(path);
    assert_string_equal(path, want);
    free(path);
    unsetenv("HOME");
    setenv("XDG_STATE_HOME", "relative", 1);
    assert_null(sender_state(sender, why));
    assert_non_null(strstr(why, "set the key \"state\""));
    unsetenv("XDG_STATE_HOME");
    sender_free(sender);
}

/* As pipe(8) has it. */
static void test_state_without_home(void **state)
{
    char why[SENDER_WHY_MAX] = "", want[300], conf[300];
    struct sender *sender = must_load("");
    (void)state;
    unsetenv("HOME");
    snprintf(account_home, sizeof account_home, "%s/account", top);
    snprintf(want, sizeof want, "%s/.local/state/onionpow", account_home);
    assert_int_equal(mkdir(account_home, 0700), 0);
    char *path = sender_state(sender, why);
    if (!path)
        fail_msg("%s", why);
    assert_string_equal(path, want);
    free(path);
    sender_free(sender);

    snprintf(conf, sizeof conf, "mkdir -p %s/.config/onionpow", account_home);
    assert_int_equal(system(conf), 0);
    write_file("account/.config/onionpow/sender.conf", "nice = 7\n");
    sender = sender_load(NULL, why);
    if (!sender)
        fail_msg("%s", why);
    assert_int_equal(sender->nice, 7);
    sender_free(sender);

    strcpy(account_home, "/dev/null/nowhere");
    sender = sender_load(NULL, why);
    assert_non_null(sender);
    assert_null(sender_state(sender, why));
    assert_non_null(strstr(why, "/dev/null/nowhere/.local/state/onionpow: cannot be made"));
    assert_non_null(strstr(why, "\"state\""));
    account_home[0] = '\0';
    sender_free(sender);
}

static void refuses_state(const char *path, const char *says)
{
    char text[300], why[SENDER_WHY_MAX] = "";
    snprintf(text, sizeof text, "state = \"%s\"", path);
    struct sender *sender = must_load(text);
    char *got = sender_state(sender, why);
    if (got != NULL || strstr(why, says) == NULL)
        fail_msg("%s: %s", path, got != NULL ? "accepted" : why);
    sender_free(sender);
}

static void accepts_state(const char *path)
{
    char text[300], why[SENDER_WHY_MAX] = "";
    snprintf(text, sizeof text, "state = \"%s\"", path);
    struct sender *sender = must_load(text);
    char *got = sender_state(sender, why);
    if (got == NULL)
        fail_msg("%s", why);
    free(got);
    sender_free(sender);
}

/* A directory that is for something else, such as the home itself. */
static void test_state_among_other_things(void **state)
{
    static const char *const ours[] = {"offers", "stamps",  "slots",     "credit",
                                       "resent", ".key-17", "lost+found"};
    char path[256];
    (void)state;
    snprintf(path, sizeof path, "%s/mixed", top);
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        snprintf(path, sizeof path, "mixed/%s", ours[i]);
        write_file(path, "");
    }
    snprintf(path, sizeof path, "%s/mixed", top);
    accepts_state(path);
    write_file("mixed/letter.odt", "");
    refuses_state(path, "/mixed: holds other things");
    write_file("mixed/key", "");
    accepts_state(path); /* it has been ours before */
}

static void test_state_by_a_link(void **state)
{
    char path[256];
    (void)state;
    snprintf(path, sizeof path, "%s/behind", top);
    assert_int_equal(mkdir(path, 0700), 0);
    accepts_state(path);
    snprintf(path, sizeof path, "%s/link", top);
    assert_int_equal(symlink("behind", path), 0);
    refuses_state(path, "/link: not a directory");
    strcat(path, "/");
    refuses_state(path, "/link: not a directory");
    strcat(path, "/state/"); /* above it links are fine */
    accepts_state(path);
}

/* Root makes nothing in a home that is not his. */
static void test_state_in_the_home_of_another(void **state)
{
    char path[256];
    (void)state;
    if (geteuid() != 0)
        skip();
    snprintf(path, sizeof path, "%s/alice", top);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(chown(path, 65534, 65534), 0);
    strcat(path, "/.local/state");
    refuses_state(path, "cannot be made: Operation not permitted");
    snprintf(path, sizeof path, "%s/alice/.local", top);
    assert_int_equal(access(path, F_OK), -1);
}

/* Whose configuration is believed; that of --config is whatever was named. */
static void test_files_of_others(void **state)
{
    char path[256], why[SENDER_WHY_MAX] = "";
    (void)state;
    snprintf(path, sizeof path, "%s/own/onionpow", top);
    *strrchr(path, '/') = '\0';
    assert_int_equal(mkdir(path, 0755), 0);
    setenv("XDG_CONFIG_HOME", path, 1);
    strcat(path, "/onionpow");
    assert_int_equal(mkdir(path, 0755), 0);
    strcat(path, "/sender.conf");
    write_file("own/onionpow/sender.conf", "nice = 6\n");
    static const struct {
        mode_t mode;
        const char *says;
    } rows[] = {{0600, NULL}, {0664, NULL}, {0666, "others may write"}, {0602, "others may write"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(chmod(path, rows[i].mode), 0);
        struct sender *sender = sender_load(NULL, why);
        assert_int_equal(sender == NULL, rows[i].says != NULL);
        if (sender == NULL)
            assert_non_null(strstr(why, rows[i].says));
        sender_free(sender);
    }
    assert_int_equal(chmod(path, 0600), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 65534, 65534), 0);
        assert_null(sender_load(NULL, why));
        assert_non_null(strstr(why, "belongs to user 65534"));
        struct sender *sender = sender_load(path, why);
        assert_non_null(sender);
        sender_free(sender);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(sender_load(NULL, why)); /* does not hang */
    assert_non_null(strstr(why, "not a regular file"));
    unsetenv("XDG_CONFIG_HOME");
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(top) ? 0 : -1;
}

static int teardown(void **state)
{
    char command[64];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", top);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_accepted_forms),
        cmocka_unit_test(test_octet_0),
        cmocka_unit_test(test_dump_reads_back),
        cmocka_unit_test(test_shipped_file),
        cmocka_unit_test(test_documentation),
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_state),
        cmocka_unit_test(test_state_of_another),
        cmocka_unit_test(test_state_of_the_user),
        cmocka_unit_test(test_state_without_home),
        cmocka_unit_test(test_state_among_other_things),
        cmocka_unit_test(test_state_by_a_link),
        cmocka_unit_test(test_state_in_the_home_of_another),
        cmocka_unit_test(test_files_of_others),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

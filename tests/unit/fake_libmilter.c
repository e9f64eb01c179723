/* fake_libmilter.c - see fake_libmilter.h. Linked in place of the library by test_mfi and test_act.
 */
#include "fake_libmilter.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct smfiDesc fake_filter;
char fake_calls[65536];
const char *fake_failing;

void fake_reset(void)
{
    fake_calls[0] = '\0';
    fake_failing = NULL;
}

void fake_macro(struct smfi_str *ctx, const char *name, const char *value)
{
    size_t i = 0;

    while (ctx->macro[i][0] != NULL && strcmp(ctx->macro[i][0], name) != 0)
        i++;
    ctx->macro[i][0] = name;
    ctx->macro[i][1] = value;
}

/* Writes the call down and answers it. */
__attribute__((format(printf, 2, 3))) static int called(const char *function, const char *format,
                                                        ...)
{
    size_t len = strlen(fake_calls);
    va_list args;

    len += (size_t)snprintf(fake_calls + len, sizeof fake_calls - len, "%s ", function);
    va_start(args, format);
    len += (size_t)vsnprintf(fake_calls + len, sizeof fake_calls - len, format, args);
    va_end(args);
    snprintf(fake_calls + len, sizeof fake_calls - len, "\n");
    return fake_failing != NULL && strcmp(fake_failing, function) == 0 ? MI_FAILURE : MI_SUCCESS;
}

int smfi_register(struct smfiDesc filter)
{
    fake_filter = filter;
    return called("smfi_register", "%s", filter.xxfi_name);
}

int smfi_setconn(char *address)
{
    return called("smfi_setconn", "%s", address);
}

int smfi_setbacklog(int backlog)
{
    return called("smfi_setbacklog", "%d", backlog);
}

int smfi_opensocket(bool replace)
{
    return called("smfi_opensocket", "%d", replace);
}

int smfi_main(void)
{
    return called("smfi_main", "-");
}

int smfi_setpriv(SMFICTX *ctx, void *priv)
{
    ctx->priv = priv;
    return fake_failing != NULL && strcmp(fake_failing, "smfi_setpriv") == 0 ? MI_FAILURE
                                                                             : MI_SUCCESS;
}

void *smfi_getpriv(SMFICTX *ctx)
{
    return ctx->priv;
}

char *smfi_getsymval(SMFICTX *ctx, char *name)
{
    for (size_t i = 0; ctx->macro[i][0] != NULL; i++) {
        if (strcmp(ctx->macro[i][0], name) == 0)
            return (char *)(uintptr_t)
                ctx->macro[i][1]; /* libmilter's interface is older than const */
    }
    return NULL;
}

int smfi_setsymlist(SMFICTX *ctx, int where, char *macros)
{
    (void)ctx;
    return called("smfi_setsymlist", "%d %s", where, macros);
}

int smfi_setmlreply(SMFICTX *ctx, const char *code, const char *enhanced, ...)
{
    char text[8192] = "";
    const char *line;
    va_list args;

    (void)ctx;
    va_start(args, enhanced);
    while ((line = va_arg(args, const char *)) != NULL)
        snprintf(text + strlen(text), sizeof text - strlen(text), "|%s", line);
    va_end(args);
    return called("smfi_setmlreply", "%s %s %s", code, enhanced, text);
}

int smfi_chgheader(SMFICTX *ctx, char *name, int place, char *value)
{
    (void)ctx;
    return called("smfi_chgheader", "%s %d %s", name, place, value == NULL ? "-" : value);
}

int smfi_insheader(SMFICTX *ctx, int place, char *name, char *value)
{
    (void)ctx;
    return called("smfi_insheader", "%d %s: %s", place, name, value);
}

int smfi_addheader(SMFICTX *ctx, char *name, char *value)
{
    (void)ctx;
    return called("smfi_addheader", "%s: %s", name, value);
}

int smfi_progress(SMFICTX *ctx)
{
    (void)ctx;
    return called("smfi_progress", "-");
}

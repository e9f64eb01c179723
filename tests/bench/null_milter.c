/*
 * null_milter.c - a libmilter filter that does nothing: the reference for what a filter costs as
 * such.
 *
 *     null_milter SOCKET all|eom
 *
 * all: a callback for every stage, each answering "continue", as filters do that negotiate nothing.
 * eom: asks for the end of the message alone, with all other events and replies negotiated away:
 * the floor.
 */
#include <libmilter/mfapi.h>
#include <stdio.h>
#include <string.h>

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2,
                             unsigned long f3, unsigned long *actions, unsigned long *steps,
                             unsigned long *r2, unsigned long *r3)
{
    (void)ctx, (void)f0, (void)f2, (void)f3;
    *actions = SMFIF_ADDHDRS;
    *steps = f1 & (SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOMAIL | SMFIP_NORCPT | SMFIP_NODATA |
                   SMFIP_NOHDRS | SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NOUNKNOWN);
    *r2 = *r3 = 0;
    return SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
    (void)ctx, (void)host, (void)address;
    return SMFIS_CONTINUE;
}

static sfsistat on_text(SMFICTX *ctx, char *text)
{
    (void)ctx, (void)text;
    return SMFIS_CONTINUE;
}

static sfsistat on_envelope(SMFICTX *ctx, char **argv)
{
    (void)ctx, (void)argv;
    return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    (void)ctx, (void)name, (void)value;
    return SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
    (void)ctx, (void)data, (void)len;
    return SMFIS_CONTINUE;
}

static sfsistat on_event(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: null_milter SOCKET all|eom\n");
        return 64;
    }
    static char name[] = "null";
    struct smfiDesc all = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = SMFIF_ADDHDRS,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_text,
        .xxfi_envfrom = on_envelope,
        .xxfi_envrcpt = on_envelope,
        .xxfi_header = on_header,
        .xxfi_eoh = on_event,
        .xxfi_body = on_body,
        .xxfi_eom = on_event,
    };
    struct smfiDesc eom = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = SMFIF_ADDHDRS,
        .xxfi_eom = on_event,
        .xxfi_negotiate = on_negotiate,
    };
    if (smfi_setconn(argv[1]) == MI_FAILURE ||
        smfi_register(strcmp(argv[2], "all") == 0 ? all : eom) == MI_FAILURE)
        return 69;
    return smfi_main() == MI_SUCCESS ? 0 : 69;
}

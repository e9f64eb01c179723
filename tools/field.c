/* field.c - see field.h. */
#include "tools/field.h"

#include <string.h>

#include "pow/stamp.h"
#include "tools/out.h"

void xfield_write_stamp(const char *value, bool crlf)
{
    const char *line_end = crlf ? "\r\n" : "\n";

    xout_write(OP_STAMP_FIELD ": ", strlen(OP_STAMP_FIELD ": "));
    for (;;) {
        size_t len = strcspn(value, "\n");
        xout_write(value, len);
        xout_write(line_end, strlen(line_end));
        if (value[len] == '\0')
            return;
        value += len + 1;
    }
}

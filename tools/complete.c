/*
 * complete.c - writes the scripts in etc/completions, so that they cannot drift from the tables.
 */
#include "tools/complete.h"

#include <string.h>

static void complete_suites(FILE *stream)
{
    for (size_t i = 0; i < op_suite_count(); i++)
        fprintf(stream, "%s%s", i > 0 ? " " : "", op_suite_at(i)->name);
}

static void complete_bash_values(FILE *stream)
{
    fputs("    case $prev in\n", stream);
    for (size_t i = 0; i < options_count(); i++) {
        const struct options_row *row = options_at(i);
        if (row->value == NULL)
            continue;
        fprintf(stream, "    --%s) ", row->name);
        if (row->choices == NULL) {
            fputs("return ;;\n", stream);
        } else if (strcmp(row->choices, "@files") == 0) {
            fputs("COMPREPLY=($(compgen -f -P @ -- \"${cur#@}\")); return ;;\n", stream);
        } else if (strcmp(row->choices, "@path") == 0) {
            fputs("COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", stream);
        } else {
            fputs("COMPREPLY=($(compgen -W \"", stream);
            if (strcmp(row->choices, "@suites") == 0)
                complete_suites(stream);
            else
                fputs(row->choices, stream);
            fputs("\" -- \"$cur\")); return ;;\n", stream);
        }
    }
    fputs("    esac\n", stream);
}

static void complete_bash(FILE *stream, const struct cmd *const *verbs, size_t count)
{
    fputs("# bash completion for onionpow, written by: onionpow --completions bash\n"
          "_onionpow()\n{\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words files=\n"
          "    COMPREPLY=()\n"
          "    if ((COMP_CWORD == 1)); then\n"
          "        COMPREPLY=($(compgen -W \"",
          stream);
    for (size_t i = 0; i < count; i++)
        fprintf(stream, "%s ", verbs[i]->name);
    fputs("--help --version\" -- \"$cur\"))\n        return\n    fi\n", stream);
    complete_bash_values(stream);
    fputs("    case ${COMP_WORDS[1]} in\n", stream);
    for (size_t i = 0; i < count; i++) {
        fprintf(stream, "    %s) words=\"", verbs[i]->name);
        for (size_t j = 0; j < options_count(); j++) {
            if ((options_at(j)->verbs & verbs[i]->verb) != 0)
                fprintf(stream, "--%s ", options_at(j)->name);
        }
        fprintf(stream, "\"%s ;;\n", verbs[i]->files ? " files=1" : "");
    }
    fputs("    esac\n"
          "    if [[ $cur == -* ]]; then\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "    elif [[ $files ]]; then\n"
          "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -F _onionpow onionpow\n",
          stream);
}

/* Text inside '...[here]': the characters that _arguments or the quotes would eat are escaped. */
static void complete_zsh_text(FILE *stream, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", stream);
        else if (strchr("[]:\\", *text) != NULL)
            fprintf(stream, "\\%c", *text);
        else
            fputc(*text, stream);
    }
}

static void complete_zsh_row(FILE *stream, const struct options_row *row)
{
    fprintf(stream, " \\\n            '%s--%s%s[", strcmp(row->name, "rcpt") == 0 ? "*" : "",
            row->name, row->value != NULL ? "=" : "");
    complete_zsh_text(stream, row->help);
    fputc(']', stream);
    if (row->value != NULL) {
        fprintf(stream, ":%s:", row->value);
        if (row->choices != NULL && strcmp(row->choices, "@files") == 0) {
            fputs("_files -P @", stream);
        } else if (row->choices != NULL && strcmp(row->choices, "@path") == 0) {
            fputs("_files", stream);
        } else if (row->choices != NULL) {
            fputc('(', stream);
            if (strcmp(row->choices, "@suites") == 0)
                complete_suites(stream);
            else
                fputs(row->choices, stream);
            fputc(')', stream);
        }
    }
    fputc('\'', stream);
    if (row->letter != 0)
        fprintf(stream, " '-%c[see --%s]'", row->letter, row->name);
}

static void complete_zsh(FILE *stream, const struct cmd *const *verbs, size_t count)
{
    fputs(
        "#compdef onionpow\n# zsh completion for onionpow, written by: onionpow --completions zsh\n"
        "_onionpow()\n{\n    local -a verbs\n    verbs=(",
        stream);
    for (size_t i = 0; i < count; i++) {
        fprintf(stream, "\n        '%s:", verbs[i]->name);
        complete_zsh_text(stream, verbs[i]->summary);
        fputc('\'', stream);
    }
    fputs("\n    )\n"
          "    if ((CURRENT == 2)); then\n"
          "        _describe verb verbs\n"
          "        _arguments '--help[list the verbs]' '--version[print the version]'\n"
          "        return\n"
          "    fi\n"
          "    local verb=$words[2]\n"
          "    shift words\n"
          "    ((CURRENT--))\n"
          "    case $verb in\n",
          stream);
    for (size_t i = 0; i < count; i++) {
        fprintf(stream, "    %s)\n        _arguments -s", verbs[i]->name);
        for (size_t j = 0; j < options_count(); j++) {
            if ((options_at(j)->verbs & verbs[i]->verb) != 0)
                complete_zsh_row(stream, options_at(j));
        }
        fprintf(stream, "%s\n        ;;\n",
                verbs[i]->files ? " \\\n            '*:file:_files'" : "");
    }
    fputs("    esac\n}\n_onionpow \"$@\"\n", stream);
}

bool complete_write(FILE *stream, const char *shell, const struct cmd *const *verbs, size_t count)
{
    if (strcmp(shell, "bash") == 0)
        complete_bash(stream, verbs, count);
    else if (strcmp(shell, "zsh") == 0)
        complete_zsh(stream, verbs, count);
    else
        return false;
    return true;
}

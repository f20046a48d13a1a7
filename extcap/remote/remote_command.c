/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "remote_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"

/*
 * In single quotes. A quote ends them everywhere, and a backslash means something in those of fish:
 * both are written between two quoted pieces, behind a backslash.
 */
static void put_word(FILE *out, const char *word, size_t length)
{
    putc('\'', out);
    for (size_t i = 0; i < length; i++)
        if (word[i] == '\'' || word[i] == '\\')
            fprintf(out, "'\\%c'", word[i]);
        else
            putc(word[i], out);
    putc('\'', out);
}

static void put_program(FILE *out, const char *program)
{
    for (program += strspn(program, BLANKS); *program; program += strspn(program, BLANKS)) {
        const size_t length = strcspn(program, BLANKS);
        const size_t home = length > 2 && strncmp(program, "~/", 2) == 0 ? 2 : 0;

        fprintf(out, "%.*s", (int)home, program);
        put_word(out, program + home, length - home);
        putc(' ', out);
        program += length;
    }
}

char *remote_command_make(const char *program, const char *const *arguments)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    put_program(out, program && program[strspn(program, BLANKS)] != '\0' ? program : "ipmon");
    for (; *arguments; arguments++) {
        put_word(out, *arguments, strlen(*arguments));
        if (arguments[1])
            putc(' ', out);
    }
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "remote_option.h"

#include "printable.h"

bool remote_option_next(struct remote_options *options, struct remote_option *option)
{
    size_t padded;

    if (options->left < REMOTE_OPTION_HEADER)
        return false;
    option->code = remote_u16(options->swapped, options->at);
    option->length = remote_u16(options->swapped, options->at + REMOTE_OPTION_LENGTH_AT);
    option->value = options->at + REMOTE_OPTION_HEADER;
    padded = remote_padded(option->length);
    if (option->code == REMOTE_OPTION_END || padded > options->left - REMOTE_OPTION_HEADER)
        return false;
    options->at += REMOTE_OPTION_HEADER + padded;
    options->left -= REMOTE_OPTION_HEADER + padded;
    return true;
}

/* The header before it was read, and the option after it begins behind the value. */
char *remote_option_string(const struct remote_option *option)
{
    char *text = (char *)option->value - 1;

    memmove(text, option->value, option->length);
    text[option->length] = '\0';
    return text;
}

char *remote_option_printable(const struct remote_option *option)
{
    char *text = remote_option_string(option);

    printable_copy(text, (size_t)option->length + 1, text);
    return text;
}

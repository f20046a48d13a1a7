/*
 * Texts of a comment.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PROCESS_TEXT_H
#define IPMON_PROCESS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "process_event.h"

/*
 * Copies text so that it is one line of UTF-8: control characters, backslashes, invalid bytes, and
 * a blank at either end become \xNN. A text that does not fit ends with "..."; the last dot of one
 * that ends so itself becomes \x2e. text: up to a NUL.
 */
void process_text_escape(char *copy, size_t size, const char *text);

/* The same of a command line, of which each argument ends with a NUL; they are joined by blanks. */
void process_text_arguments(char *copy, size_t size, const char *arguments, size_t length,
                            bool is_cut);

/* The executable's path, or the process's name when that is not known as a whole. */
void process_text_command(char *copy, size_t size, const struct process_record *record);

/*
 * Which container or service a process belongs to, by the names of its control group:
 * "docker:0123456789ab", "systemd:ssh.service"; "": none.
 */
void process_text_container(char *copy, size_t size, const struct process_record *record);

#endif

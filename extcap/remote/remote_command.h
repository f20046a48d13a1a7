/*
 * The command line that ssh hands to the shell of another machine.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_REMOTE_COMMAND_H
#define IPMON_REMOTE_COMMAND_H

/*
 * Joins the program and its arguments. program: --remote-command, words with blanks between them,
 * as in "sudo -n ipmon"; NULL or empty: "ipmon". arguments: ends with NULL. Every word is quoted so
 * that sh, csh and fish take it as it is; only "~/" at the beginning of a word of the program is
 * not, which is the home directory there. To be freed; NULL: no memory.
 */
char *remote_command_make(const char *program, const char *const *arguments);

#endif

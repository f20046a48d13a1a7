/*
 * The environment of the program's caller. Libraries of a program with capabilities from its file
 * must not see it, but a program that runs as the caller, without these capabilities, needs it:
 * ssh finds its agent there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CALLER_ENVIRONMENT_H
#define IPMON_CALLER_ENVIRONMENT_H

/* Empties the environment, after a note of what it was. Source: clearenv(3). */
void caller_environment_hide(void);

/* The value of a variable of the caller; NULL: there is none. */
const char *caller_environment_get(const char *name);

/* Restores it. To be called by a child without capabilities, before it runs a program. */
void caller_environment_restore(void);

#endif

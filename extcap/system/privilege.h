/*
 * The privileges of the process: capabilities, and descriptors that its caller left open.
 * Source: capabilities(7), prctl(2).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_PRIVILEGE_H
#define IPMON_PRIVILEGE_H

#include <stdbool.h>

#include "failure.h"

/*
 * Records the descriptors above standard error that the process inherited; to be called before
 * anything is opened. Without /proc there is no record.
 */
void privilege_note_inherited(void);

/* Closes the recorded descriptors. */
void privilege_close_inherited(void);

/*
 * Drops all capabilities permanently, except CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, which let
 * root open the files of others and are kept until privilege_drop. They are dropped from the
 * ambient set, from the bounding set (if the process has CAP_SETPCAP), and from the sets of the
 * process. no_new_privs is set, so that no program executed by this process gains capabilities, and
 * the process is made undumpable. A program that has its capabilities from its file keeps none,
 * because its caller may not open those files.
 */
bool privilege_keep_file_access(struct failure *failure);

/* The same, without exceptions. */
bool privilege_drop(struct failure *failure);

/*
 * Empties the effective set until privilege_resume, so that files are opened and created as they
 * will be after privilege_drop: root without CAP_DAC_OVERRIDE cannot write in the folder of another
 * user. Not nested. Fails with the errno's code, and has then changed nothing.
 */
bool privilege_suspend(struct failure *failure);

/* The effective set is what it was before privilege_suspend; without it, nothing happens. */
void privilege_resume(void);

#endif

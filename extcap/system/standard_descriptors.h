/*
 * Standard input, output and error.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_STANDARD_DESCRIPTORS_H
#define IPMON_STANDARD_DESCRIPTORS_H

#include <stdbool.h>

#include "failure.h"

/*
 * Opens /dev/null for each standard descriptor that the caller closed, in the direction in which it
 * is not used; to be called before anything is opened. False with the failure set when that cannot
 * be opened.
 */
bool standard_descriptors_fill(struct failure *failure);

#endif

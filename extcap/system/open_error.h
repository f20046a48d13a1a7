/*
 * Why a file could not be opened, where "Permission denied" does not explain it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OPEN_ERROR_H
#define IPMON_OPEN_ERROR_H

/*
 * The text to print behind the path for the errno value of an open(2) that failed: what the kernel
 * protects and what helps, where that is known, or that of strerror(3). errno stays as it is, so
 * that both can be arguments of one call.
 * Source: proc_sys_fs(5), protected_regular; capabilities(7), CAP_DAC_OVERRIDE.
 */
const char *open_error_text(const char *path, int errno_value);

#endif

/*
 * What a capture for another machine leaves out.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_OPTION_SESSION_H
#define IPMON_OPTION_SESSION_H

#include "settings.h"

/*
 * Lets a capture that another ipmon has started (--extcap-control-in -) leave out what the two
 * machines exchange by ssh: otherwise each packet written would be one more to capture. The filter
 * is valid until the next call. No effect on other captures, and where no session of ssh is found.
 */
void option_session_exclude(struct settings *settings);

#endif

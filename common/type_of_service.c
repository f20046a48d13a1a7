/*
 * Tables of names for the TOS byte.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "type_of_service.h"

#include <stddef.h>

static const char *const precedence_names[TOS_PRECEDENCES] = {
    "Routine",
    "Priority",
    "Immediate",
    "Flash",
    "Flash Override",
    "CRITIC/ECP",
    "Internetwork Control",
    "Network Control",
};

static const char *const dscp_names[TOS_DSCPS] = {
    [0] = "Default", [1] = "LE",    [8] = "CS1",   [10] = "AF11", [12] = "AF12",
    [14] = "AF13",   [16] = "CS2",  [18] = "AF21", [20] = "AF22", [22] = "AF23",
    [24] = "CS3",    [26] = "AF31", [28] = "AF32", [30] = "AF33", [32] = "CS4",
    [34] = "AF41",   [36] = "AF42", [38] = "AF43", [40] = "CS5",  [44] = "VOICE-ADMIT",
    [46] = "EF",     [48] = "CS6",  [56] = "CS7",
};

static const char *const ecn_names[TOS_ECNS] = {
    "Not-ECT",
    "ECT(1)",
    "ECT(0)",
    "Congestion Experienced",
};

const char *tos_precedence_name(uint8_t precedence)
{
    return precedence_names[precedence % TOS_PRECEDENCES];
}

const char *tos_dscp_name(uint8_t dscp)
{
    return dscp < TOS_DSCPS ? dscp_names[dscp] : NULL;
}

const char *tos_ecn_name(uint8_t ecn)
{
    return ecn_names[ecn % TOS_ECNS];
}

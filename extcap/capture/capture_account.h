/*
 * The account of a capture, which captured_interface.h explains: in the log now and then
 * (--statistics), and at the end in the log and on standard error.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_CAPTURE_ACCOUNT_H
#define IPMON_CAPTURE_ACCOUNT_H

#include "capture.h"

/* To be called once before the loop. */
void capture_account_begin(struct capture *capture);

/* Logs the counts if it is time: capture->accounting.counts_due. */
void capture_account_update(struct capture *capture);

/* Adds what other machines have counted since the last call; no effect on other captures. */
void capture_account_elsewhere(struct capture *capture);

/* Logs the counts of each interface and their sums, and reports them to the user. */
void capture_account_finish(struct capture *capture, const struct packet_counts *counts);

#endif

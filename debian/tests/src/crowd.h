/* SPDX-License-Identifier: GPL-2.0-only */
/* 10,000 processes that sleep, or fewer(). */
#ifndef CROWD_H
#define CROWD_H

#include <sys/types.h>

#include "urt.h"

#define CROWD_MOST 10000
#define CROWD ((int)fewer(CROWD_MOST))

extern pid_t crowd[CROWD_MOST];		/* ascending */

/* They share the caller's memory, so that they are cheap. */
void start_crowd(void);

/*
 * Writes a line with this and its PID for each to status, in writes that are as long as they may
 * be, in an order that is not that of the PIDs.
 */
void command_crowd(const char *command);

#endif

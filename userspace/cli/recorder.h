/* SPDX-License-Identifier: GPL-2.0-only */
/* Takes the records of a session into a recording, until there is an end to it. */
#ifndef USERTIME_RECORDER_H
#define USERTIME_RECORDER_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "recording.h"
#include "targets.h"

/**
 * struct recorder - a recording that goes on
 * @session: what is recorded
 * @recording: to where
 * @targets: to look for those that come; NULL: none do
 * @signals: descriptor of the signals SIGCHLD, SIGINT, SIGTERM and SIGHUP
 * @child: the command that runs, 0: none
 * @child_ended: it has, with @child_status, as wait(2) has it
 * @signal_passed: a signal was passed on to it
 * @interrupted: by a signal that was not
 * @duration: ns, 0: no limit
 * @max_size: bytes, 0: no limit
 * @program: for messages
 */
struct recorder {
	struct usertime_session *session;
	struct recording *recording;
	struct targets *targets;
	int signals;
	pid_t child;
	bool child_ended;
	int child_status;
	bool signal_passed;
	bool interrupted;
	uint64_t duration;
	uint64_t max_size;
	const char *program;
};

/*
 * Records until no target is left and none may come, the duration or size is reached, or a signal
 * interrupts; the first signal is the command's, if one runs, so that its end is recorded.
 * false after a message: what was committed is kept.
 */
bool recorder_run(struct recorder *recorder);

/* Waits for the command, unless that is interrupted: false, it still runs. */
bool recorder_wait(struct recorder *recorder);

#endif

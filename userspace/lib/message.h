/* SPDX-License-Identifier: GPL-2.0-only */
/* What usertime_message() says: made where the failure is, as only there all is known. */
#ifndef USERTIME_MESSAGE_H
#define USERTIME_MESSAGE_H

#include <stdint.h>
#include <sys/types.h>

#include "usertime.h"

#define USERTIME_MESSAGE_MAX	256

/* Remembers a message for the thread, and sets errno to error. */
void usertime_set_message(int error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for what needs no words of ours: "WHAT: " and what the C library calls the error. */
void usertime_set_message_errno(int error, const char *what);

/* An error that the interface has in common, about the module as a whole. */
void usertime_explain_not_loaded(int error);
void usertime_explain_abi(uint64_t loaded);

/* EINVAL of a PID, in the procfs at proc (NULL: /proc): a thread or a kernel thread. */
void usertime_explain_invalid_pid(const char *proc, pid_t pid);

/* Where USERTIME_IOC_SETUP has failed. */
void usertime_explain_setup(int error, const struct usertime_setup *setup,
			    const struct usertime_info *info);

/* Where USERTIME_IOC_ADD has; period is that of the session. */
void usertime_explain_add(int error, pid_t pid, uint64_t period);

#endif

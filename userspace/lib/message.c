// SPDX-License-Identifier: GPL-2.0-only
/* What went wrong, in words, and what to do. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "message.h"
#include "proc.h"

static __thread char message[USERTIME_MESSAGE_MAX];

const char *usertime_message(void)
{
	return message;
}

void usertime_set_message(int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	errno = error;
}

void usertime_set_message_errno(int error, const char *what)
{
	char reason[128];

	usertime_set_message(error, "%s: %s", what, strerror_r(error, reason, sizeof(reason)));
}

void usertime_explain_not_loaded(int error)
{
	usertime_set_message(error, "the usertime module is not loaded:"
			     " 'usertime doctor' says why and what to do");
}

/* The side that is older is to be upgraded. */
void usertime_explain_abi(uint64_t loaded)
{
	usertime_set_message(EPROTO, "the usertime module has version %" PRIu64 " of the interface,"
			     " libusertime has %d: upgrade %s", loaded, USERTIME_ABI_VERSION,
			     loaded < USERTIME_ABI_VERSION ? "usertime-dkms" : "libusertime1");
}

void usertime_explain_invalid_pid(const char *proc, pid_t pid)
{
	pid_t process = usertime_thread_group(proc, pid);

	if (process == pid)
		usertime_set_message(EINVAL, "%d: a kernel thread, which cannot be measured",
				     (int)pid);
	else if (process > 0)
		usertime_set_message(EINVAL, "%d: a thread, not a process: its process is %d",
				     (int)pid, (int)process);
	else
		usertime_set_message(EINVAL, "%d: not a process that can be measured", (int)pid);
}

/* The one option that the module refuses. */
static void explain_invalid_options(const struct usertime_setup *setup,
				    const struct usertime_info *info)
{
	uint32_t unknown = setup->flags & ~info->setup_flags;

	if (unknown)
		usertime_set_message(EINVAL, "the usertime module does not know the flags 0x%x",
				     unknown);
	else if (setup->period &&
		 (setup->period < info->period_min || setup->period > info->period_max))
		usertime_set_message(EINVAL, "a period of %" PRIu64 " ns: it has to be 0 or from %"
				     PRIu64 " to %" PRIu64 " ns", (uint64_t)setup->period,
				     (uint64_t)info->period_min, (uint64_t)info->period_max);
	else if (setup->ring > info->ring_max)
		usertime_set_message(EINVAL, "a ring of %u records: %u is the most", setup->ring,
				     info->ring_max);
	else if (setup->watermark > setup->ring)
		usertime_set_message(EINVAL, "a watermark of %u records, and a ring of %u",
				     setup->watermark, setup->ring);
	else
		usertime_set_message(EINVAL, "the usertime module refuses these options");
}

void usertime_explain_setup(int error, const struct usertime_setup *setup,
			    const struct usertime_info *info)
{
	switch (error) {
	case EINVAL:
		explain_invalid_options(setup, info);
		break;
	case EPERM:
		usertime_set_message(error, "a period of %" PRIu64 " ns: less than %" PRIu64
				     " ns needs CAP_SYS_NICE", (uint64_t)setup->period,
				     (uint64_t)info->period_min);
		break;
	case EOPNOTSUPP:
		usertime_set_message(error, "no precise mode here: the kernel's timers are no finer"
				     " than its ticks (is it booted with highres=off?)");
		break;
	case EDQUOT:
		usertime_set_message(error, "a ring of %u records: this user's rings may have %"
				     PRIu64 " bytes (the module's parameter max_bytes_per_user)",
				     setup->ring, (uint64_t)info->max_bytes_per_user);
		break;
	case ENOMEM:
		usertime_set_message(error, "a ring of %u records: no memory for it, or it is over"
				     " the limit of locked memory (ulimit -l)", setup->ring);
		break;
	default:
		usertime_set_message_errno(error, "cannot set up the session");
	}
}

void usertime_explain_add(int error, pid_t pid, uint64_t period)
{
	char reason[128];

	switch (error) {
	case ESRCH:
		usertime_set_message(error, "%d: no such process", (int)pid);
		break;
	case EINVAL:
		usertime_explain_invalid_pid(NULL, pid);
		break;
	case EPERM:
		usertime_set_message(error, "%d: has another user or group, or is protected:"
				     " needs CAP_PERFMON or CAP_SYS_PTRACE", (int)pid);
		break;
	case EEXIST:
		usertime_set_message(error, "%d: already a target of this session", (int)pid);
		break;
	case EDQUOT:
		usertime_set_message(error, "%d: over this user's limit: the module's parameter"
				     " max_targets_per_user%s", (int)pid, !period ? "" :
				     ", or max_rate_per_user, which a longer period would keep");
		break;
	case EBUSY:
		usertime_set_message(error, "%d: in as many sessions as a process can be: end one",
				     (int)pid);
		break;
	case ENOSPC:
		usertime_set_message(error, "%d: as many are measured as the module takes:"
				     " its parameter max_targets", (int)pid);
		break;
	default:
		usertime_set_message(error, "%d: %s", (int)pid,
				     strerror_r(error, reason, sizeof(reason)));
	}
}

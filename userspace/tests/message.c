// SPDX-License-Identifier: GPL-2.0-only
/* lib/message.c: what is said for each cause, and to which thread. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>

#include "lib/message.h"
#include "tap.h"

static const struct usertime_info info = {
	.abi = USERTIME_ABI_VERSION,
	.setup_flags = USERTIME_SETUP_FOLLOW | USERTIME_SETUP_WAKE_EXIT,
	.period_min = 1000000,
	.period_max = 3600000000000,
	.ring_max = 65536,
	.max_bytes_per_user = 67108864,
};

/* Every message ends up in one line that fits, with errno as it was. */
static void said(int error, const char *want)
{
	ok(errno == error, "errno is %d", error);
	is_text(usertime_message(), want, want);
	ok(!strchr(usertime_message(), '\n'), "one line");
}

static void setup(int error, uint64_t period, uint32_t ring, uint32_t watermark, uint32_t flags,
		  const char *want)
{
	struct usertime_setup setup = { .period = period, .ring = ring, .watermark = watermark,
					.flags = flags };

	usertime_explain_setup(error, &setup, &info);
	said(error, want);
}

static void test_setup(void)
{
	setup(EINVAL, 999, 64, 0, 0, "a period of 999 ns: it has to be 0 or from 1000000 to"
	      " 3600000000000 ns");
	setup(EINVAL, UINT64_MAX, 64, 0, 0, "a period of 18446744073709551615 ns: it has to be 0 or"
	      " from 1000000 to 3600000000000 ns");
	setup(EINVAL, 0, 65537, 0, 0, "a ring of 65537 records: 65536 is the most");
	setup(EINVAL, 0, 64, 65, 0, "a watermark of 65 records, and a ring of 64");
	setup(EINVAL, 0, 64, 65, 0x104, "the usertime module does not know the flags 0x104");
	setup(EINVAL, 0, 64, 0, 0, "the usertime module refuses these options");
	setup(EPERM, 500000, 64, 0, 0,
	      "a period of 500000 ns: less than 1000000 ns needs CAP_SYS_NICE");
	setup(EDQUOT, 0, 4096, 0, 0, "a ring of 4096 records: this user's rings may have 67108864"
	      " bytes (the module's parameter max_bytes_per_user)");
	setup(ENOMEM, 0, 4096, 0, 0, "a ring of 4096 records: no memory for it, or it is over the"
	      " limit of locked memory (ulimit -l)");
	setup(EFAULT, 0, 4096, 0, 0, "cannot set up the session: Bad address");
}

static void add(int error, uint64_t period, const char *want)
{
	usertime_explain_add(error, 4711, period);
	said(error, want);
}

static void test_add(void)
{
	add(ESRCH, 0, "4711: no such process");
	add(EPERM, 0, "4711: has another user or group, or is protected: needs CAP_PERFMON or"
	    " CAP_SYS_PTRACE");
	add(EEXIST, 0, "4711: already a target of this session");
	add(EDQUOT, 0, "4711: over this user's limit: the module's parameter max_targets_per_user");
	add(EDQUOT, 1000000, "4711: over this user's limit: the module's parameter"
	    " max_targets_per_user, or max_rate_per_user, which a longer period would keep");
	add(ENOSPC, 0, "4711: as many are measured as the module takes: its parameter max_targets");
	add(ENOMEM, 0, "4711: Cannot allocate memory");
}

static void test_module(void)
{
	usertime_explain_not_loaded(ENOENT);
	said(ENOENT, "the usertime module is not loaded: 'usertime doctor' says why and what to do");
	usertime_explain_abi(0);
	said(EPROTO, "the usertime module has version 0 of the interface, libusertime has 1:"
	     " upgrade usertime-dkms");
	usertime_explain_abi(UINT64_MAX);
	said(EPROTO, "the usertime module has version 18446744073709551615 of the interface,"
	     " libusertime has 1: upgrade libusertime1");
}

/* Longer than there is room for: cut off. */
static void test_long(void)
{
	usertime_set_message(1, "%0300d", 1);
	ok(strlen(usertime_message()) == USERTIME_MESSAGE_MAX - 1, "a long message is cut off");
	usertime_set_message_errno(123456, "x");
	said(123456, "x: Unknown error 123456");
}

static void *other_thread(void *data)
{
	const char **message = data;

	need(!*usertime_message());
	usertime_set_message(EIO, "another's");
	*message = usertime_message();
	return NULL;
}

static void test_threads(void)
{
	const char *others = NULL;
	pthread_t thread;

	usertime_set_message(EBADF, "own");
	need(!pthread_create(&thread, NULL, other_thread, &others) && !pthread_join(thread, NULL));
	ok(others != usertime_message(), "each thread has its message");
	is_text(usertime_message(), "own", "which no other one changes");
}

int main(void)
{
	ok(usertime_message() && !*usertime_message(), "before a failure there is no message");
	test_setup();
	test_add();
	test_module();
	test_long();
	test_threads();
	return tap_done();
}

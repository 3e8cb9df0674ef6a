// SPDX-License-Identifier: GPL-2.0-only
/*
 * Uses all of the library from a program, which is compiled as C and as C++: it is enough that the
 * compiler has nothing to say of the headers and of these calls.
 */
#include <usertime.h>

int sessions(pid_t pid);
int registry(pid_t pid);

static int visit(const struct usertime_registry_entry *entry, void *data)
{
	uint64_t *sum = (uint64_t *)data;

	*sum += entry->user_ns + entry->system_ns;
	return entry->state == 'X' && *entry->command;
}

static int visit_time(pid_t pid, uint64_t user, void *data)
{
	(void)pid;
	*(uint64_t *)data += user;
	return 0;
}

int registry(pid_t pid)
{
	struct usertime_registry *registry = usertime_registry_open(NULL);
	uint64_t sum = 0;
	int ret;

	if (!registry)
		return !usertime_message();
	ret = usertime_registry_add(registry, pid) + usertime_registry_remove(registry, pid) +
	      usertime_registry_list("/proc", visit, &sum) +
	      usertime_registry_times(NULL, visit_time, &sum);
	usertime_registry_close(registry);
	return ret + (sum > 0);
}

static uint64_t total(const struct usertime_record *record)
{
	switch (record->type) {
	case USERTIME_RECORD_SAMPLE:
	case USERTIME_RECORD_EXIT:
		return record->user + record->system + record->minor_faults;
	case USERTIME_RECORD_FORK:
		return record->parent_pid;
	case USERTIME_RECORD_EXEC:
		return (uint64_t)record->name[0];
	case USERTIME_RECORD_LOST:
		return record->lost_exits;
	default:
		return 0;
	}
}

int sessions(pid_t pid)
{
	struct usertime_session_options options = { 0, 0, 0, 0, 0, { 0 } };
	const struct usertime_record *records;
	struct usertime_session *session;
	struct usertime_record record;
	struct usertime_drops drops;
	struct usertime_info info;
	uint64_t start = 0, sum = 0;
	unsigned int refused;
	ssize_t count, i;

	if (usertime_device_info(&info))
		return -1;
	options.period = info.period_min;
	options.flags = USERTIME_SESSION_FOLLOW | USERTIME_SESSION_WAKE_EXIT |
			USERTIME_SESSION_READ;
	session = usertime_session_open(&options);
	if (!session || usertime_session_add(session, pid, &start) ||
	    usertime_session_add_tree(session, pid, &refused) < 0 ||
	    usertime_session_sample(session) || usertime_session_remove(session, pid, start))
		return -1;
	while (usertime_session_wait(session, -1) & USERTIME_READY) {
		count = usertime_session_peek(session, &records);
		for (i = 0; i < count; i++)
			sum += total(&records[i]);
		if (count > 0)
			usertime_session_consume(session, (size_t)count);
		if (usertime_session_next(session, &record) > 0)
			sum += total(&record);
	}
	usertime_session_drops(session, &drops);
	usertime_session_info(session, &info);
	usertime_session_settings(session, &options);
	i = usertime_session_fd(session) < 0 || drops.missed_periods == USERTIME_UNKNOWN;
	usertime_session_close(session);
	return (int)i + (sum > 0);
}

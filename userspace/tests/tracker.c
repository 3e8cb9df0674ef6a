// SPDX-License-Identifier: GPL-2.0-only
/* A tracker that is fed with records, as a session would give them. */
#include "cli/tracker.h"
#include "tap.h"

static struct tracker tracker;
static uint64_t now;

static struct tracked *take(struct usertime_record record)
{
	record.time = ++now;
	return tracker_take(&tracker, &record);
}

/* The start of each process is a thousand times its number. */
static struct tracked *is_forked(pid_t pid, pid_t parent)
{
	return take((struct usertime_record){
		.type = USERTIME_RECORD_FORK, .pid = pid, .start = pid * 1000,
		.parent_pid = parent, .parent_start = parent * 1000 });
}

static struct tracked *executes(pid_t pid, const char *name)
{
	struct usertime_record record = {
		.type = USERTIME_RECORD_EXEC, .pid = pid, .start = pid * 1000 };

	snprintf(record.name, sizeof(record.name), "%s", name);
	return take(record);
}

static struct tracked *has_used(unsigned int type, pid_t pid, uint64_t user, uint64_t system)
{
	return take((struct usertime_record){
		.type = type, .pid = pid, .start = pid * 1000, .user = user, .system = system,
		.minor_faults = user * 2, .major_faults = system * 2, .threads = 3 });
}

#define is_sampled(...) has_used(USERTIME_RECORD_SAMPLE, __VA_ARGS__)
#define exits(...) has_used(USERTIME_RECORD_EXIT, __VA_ARGS__)

static bool used(const struct usage *usage, uint64_t user, uint64_t system)
{
	return usage->user == user && usage->system == system && usage->minor_faults == user * 2 &&
	       usage->major_faults == system * 2;
}

static bool is_command(const struct tracked_command *command, const char *name, uint64_t count,
		       uint64_t user, uint64_t system)
{
	return !strcmp(command->name, name) && command->count == count &&
	       used(&command->usage, user, system);
}

static void test_life(void)
{
	struct tracked *process;

	process = is_sampled(5, 10, 1);
	ok(process->pid == 5 && process->start == 5000 && process->time == now &&
	   process->threads == 3 && used(&process->usage, 10, 1), "the first sample");
	is_text(process->name, TRACKED_UNKNOWN, "no name is known");
	tracked_set_name(process, "one-of-16-bytes!");
	is_text(process->name, "one-of-16-bytes", "one that is given is cut off");
	executes(5, "sh");
	process = is_forked(6, 5);
	ok(process->pid == 6 && process->parent_pid == 5 && process->parent_start == 5000 &&
	   used(&process->usage, 0, 0), "a child");
	is_text(process->name, "sh", "has its parent's name");
	process = executes(6, "true");
	is_text(process->name, "true", "until it executes a program");
	ok(tracker.live == 2 && tracker.peak == 2 && tracker.count == 2, "two processes");
	is_sampled(5, 20, 2);
	process = exits(6, 100, 50);
	ok(process->exited && used(&process->usage, 100, 50), "it exits");
	ok(used(&tracker.usage, 120, 52), "the sum of all");
	ok(tracker.live == 1 && tracker.peak == 2 && tracker.count == 2, "one is left");
	ok(!tracker_find(&tracker, 6, 6000) && tracker_find(&tracker, 5, 5000) &&
	   !tracker_find(&tracker, 5, 5001), "which can be found by its identity");
	exits(5, 21, 3);
	ok(used(&tracker.usage, 121, 53) && !tracker.live, "all have gone");
	tracker_free(&tracker);
}

static void test_commands(void)
{
	struct tracked_command *commands, *sums = NULL;
	size_t nr, nr_sums = 0;
	pid_t pid;

	is_sampled(1, 0, 0);
	executes(1, "sh");
	for (pid = 2; pid < 202; pid++) {
		is_forked(pid, 1);
		executes(pid, "true");
		exits(pid, 3, 4);
	}
	is_forked(300, 1);
	is_sampled(300, 5, 5);
	is_forked(301, 1);
	executes(301, "make");
	executes(301, "cc");
	exits(301, 1000, 0);
	commands = tracker_commands(&tracker, &nr);
	ok(nr == 3, "three names");
	ok(is_command(&commands[0], "true", 200, 600, 800), "most time: 200 short processes");
	ok(is_command(&commands[1], "cc", 1, 1000, 0), "of two programs the last one counts");
	ok(is_command(&commands[2], "sh", 2, 5, 5), "live ones, and what was forked and did not exec");
	ok(tracker.peak == 3 && tracker.count == 203, "three at once");

	sums = tracked_commands_add(sums, &nr_sums, commands, nr);
	sums = tracked_commands_add(sums, &nr_sums, commands, 1);
	ok(nr_sums == 3 && is_command(&sums[2], "true", 400, 1200, 1600), "lists can be added up");
	free(sums);
	free(commands);
	tracker_free(&tracker);
}

/* A number that is used again is another process. */
static void test_reuse(void)
{
	struct usertime_record record = { .type = USERTIME_RECORD_SAMPLE, .pid = 7, .user = 5 };

	record.start = 1;
	tracker_take(&tracker, &record);
	record.start = 2;
	tracker_take(&tracker, &record);
	ok(tracker.live == 2 && tracker.usage.user == 10, "two of one number");
	record.start = 1;
	record.type = USERTIME_RECORD_EXIT;
	record.user = 6;
	tracker_take(&tracker, &record);
	ok(tracker.live == 1 && tracker.usage.user == 11 && tracker_find(&tracker, 7, 2),
	   "the first exits");
	tracker_free(&tracker);
}

static void count(const struct tracked *process, void *data)
{
	*(uint64_t *)data += process->pid;
}

static void test_many(void)
{
	uint64_t sum = 0, missing = 0;
	pid_t pid;

	for (pid = 1; pid <= 10000; pid++)
		is_forked(pid, pid - 1);
	for (pid = 1; pid <= 10000; pid++)
		missing += !tracker_find(&tracker, pid, pid * 1000);
	ok(!missing && tracker.live == 10000 && tracker.peak == 10000, "ten thousand");
	tracker_visit(&tracker, count, &sum);
	ok(sum == 50005000, "each is visited once");
	for (pid = 10000; pid > 1; pid--)
		exits(pid, 1, 1);
	ok(tracker.live == 1 && tracker.peak == 10000 && used(&tracker.usage, 9999, 9999),
	   "all but one exit");
	tracker_free(&tracker);
}

static void test_lost(void)
{
	struct tracked_command *commands;
	uint64_t since;
	size_t nr;

	ok(!take((struct usertime_record){ .type = USERTIME_RECORD_LOST, .user = 5 }) &&
	   !take((struct usertime_record){ .type = 77, .pid = 5 }) && !take((struct usertime_record){
		.type = 0 }) && !tracker.count, "records about none");
	exits(9, 7, 7);
	is_sampled(10, 1, 1);
	executes(10, "kept");
	is_sampled(11, 2, 2);
	executes(11, "lost");
	since = now + 1;
	is_sampled(10, 3, 3);
	tracker_forget(&tracker, since);
	ok(tracker.live == 1 && tracker.count == 3 && used(&tracker.usage, 10, 10),
	   "what gave no record since is forgotten");
	commands = tracker_commands(&tracker, &nr);
	ok(nr == 2 && is_command(&commands[0], TRACKED_UNKNOWN, 1, 7, 7) &&
	   is_command(&commands[1], "kept", 1, 3, 3), "an exit without a name");
	free(commands);
	take((struct usertime_record){ .type = USERTIME_RECORD_EXIT, .pid = 10, .start = 10000,
				       .flags = USERTIME_FLAG_UNSEEN });
	ok(tracker.unseen == 1, "an exit that was missed");
	tracker_free(&tracker);
}

int main(void)
{
	test_life();
	test_commands();
	test_reuse();
	test_many();
	test_lost();
	return tap_done();
}

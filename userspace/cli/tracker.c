// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "tracker.h"

static void add_usage(struct usage *sum, const struct usage *usage)
{
	sum->user += usage->user;
	sum->system += usage->system;
	sum->minor_faults += usage->minor_faults;
	sum->major_faults += usage->major_faults;
}

static void subtract_usage(struct usage *sum, const struct usage *usage)
{
	sum->user -= usage->user;
	sum->system -= usage->system;
	sum->minor_faults -= usage->minor_faults;
	sum->major_faults -= usage->major_faults;
}

struct tracked_bucket {
	struct tracked *first;
};

/* A power of two many buckets. */
static struct tracked **bucket_of(const struct tracker *tracker, pid_t pid, uint64_t start)
{
	uint64_t hash = (start ^ (uint64_t)pid) * 0x9e3779b97f4a7c15;

	return &tracker->buckets[(hash >> 32) & (tracker->nr_buckets - 1)].first;
}

struct tracked *tracker_find(const struct tracker *tracker, pid_t pid, uint64_t start)
{
	struct tracked *process = NULL;

	if (tracker->nr_buckets)
		process = *bucket_of(tracker, pid, start);
	while (process && (process->pid != pid || process->start != start))
		process = process->next;
	return process;
}

static void link_process(struct tracker *tracker, struct tracked *process)
{
	struct tracked **bucket = bucket_of(tracker, process->pid, process->start);

	process->next = *bucket;
	*bucket = process;
}

static void unlink_process(struct tracker *tracker, struct tracked *process)
{
	struct tracked **link = bucket_of(tracker, process->pid, process->start);

	while (*link != process)
		link = &(*link)->next;
	*link = process->next;
}

/* As many buckets as processes, at least. */
static void grow_buckets(struct tracker *tracker)
{
	size_t i, before = tracker->nr_buckets;
	struct tracked_bucket *old = tracker->buckets;
	struct tracked *process, *next;

	tracker->nr_buckets = before ? before * 2 : 64;
	tracker->buckets = grow(NULL, tracker->nr_buckets, sizeof(*tracker->buckets));
	memset(tracker->buckets, 0, tracker->nr_buckets * sizeof(*tracker->buckets));
	for (i = 0; i < before; i++)
		for (process = old[i].first; process; process = next) {
			next = process->next;
			link_process(tracker, process);
		}
	free(old);
}

void tracked_set_name(struct tracked *process, const char *name)
{
	size_t length = strnlen(name, sizeof(process->name) - 1);

	memset(process->name, 0, sizeof(process->name));
	memcpy(process->name, name, length);
}

static struct tracked *add_process(struct tracker *tracker, const struct usertime_record *record)
{
	struct tracked *process = grow(NULL, 1, sizeof(*process));

	if (tracker->live >= tracker->nr_buckets)
		grow_buckets(tracker);
	*process = (struct tracked){ .pid = record->pid, .start = record->start };
	tracked_set_name(process, TRACKED_UNKNOWN);
	link_process(tracker, process);
	tracker->count++;
	tracker->live++;
	peak_add(&tracker->peak, record->time, 1);
	return process;
}

static void set_parent(const struct tracker *tracker, struct tracked *process,
		       const struct usertime_record *record)
{
	const struct tracked *parent = tracker_find(tracker, record->parent_pid,
						    record->parent_start);

	process->parent_pid = record->parent_pid;
	process->parent_start = record->parent_start;
	if (parent)
		tracked_set_name(process, parent->name);
}

static void set_usage(struct tracker *tracker, struct tracked *process,
		      const struct usertime_record *record)
{
	subtract_usage(&tracker->usage, &process->usage);
	process->usage = (struct usage){
		.user = record->user, .system = record->system,
		.minor_faults = record->minor_faults, .major_faults = record->major_faults,
	};
	add_usage(&tracker->usage, &process->usage);
	process->threads = record->threads;
	process->flags = record->flags;
}

/* Where a command of that name is in a sorted list, or would be. */
static size_t place_of(const struct tracked_command *list, size_t nr, const char *name)
{
	size_t low = 0, high = nr, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (memcmp(list[middle].name, name, TRACKED_NAME_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct tracked_command *tracked_commands_add(struct tracked_command *list, size_t *nr,
					     const struct tracked_command *more, size_t nr_more)
{
	size_t i, place;

	for (i = 0; i < nr_more; i++) {
		place = place_of(list, *nr, more[i].name);
		if (place == *nr || memcmp(list[place].name, more[i].name, TRACKED_NAME_SIZE)) {
			list = grow(list, *nr + 1, sizeof(*list));
			memmove(list + place + 1, list + place, (*nr - place) * sizeof(*list));
			++*nr;
			list[place] = more[i];
		} else {
			list[place].count += more[i].count;
			add_usage(&list[place].usage, &more[i].usage);
		}
	}
	return list;
}

static struct tracked_command command_of(const struct tracked *process)
{
	struct tracked_command command = { .count = 1, .usage = process->usage };

	memcpy(command.name, process->name, sizeof(command.name));
	return command;
}

/* It stays for the caller to look at until the next record. */
static void retire(struct tracker *tracker, struct tracked *process)
{
	const struct tracked_command command = command_of(process);

	process->exited = true;
	tracker->commands = tracked_commands_add(tracker->commands, &tracker->nr_commands,
						 &command, 1);
	unlink_process(tracker, process);
	tracker->live--;
	peak_add(&tracker->peak, process->time, -1);
	tracker->gone = process;
}

struct tracked *tracker_take(struct tracker *tracker, const struct usertime_record *record)
{
	struct tracked *process;

	free(tracker->gone);
	tracker->gone = NULL;
	if (record->type < USERTIME_RECORD_SAMPLE || record->type > USERTIME_RECORD_EXEC)
		return NULL;
	process = tracker_find(tracker, record->pid, record->start);
	if (!process)
		process = add_process(tracker, record);
	process->time = record->time;
	switch (record->type) {
	case USERTIME_RECORD_FORK:
		set_parent(tracker, process, record);
		break;
	case USERTIME_RECORD_EXEC:
		tracked_set_name(process, record->name);
		break;
	case USERTIME_RECORD_EXIT:
		set_usage(tracker, process, record);
		tracker->unseen += !!(record->flags & USERTIME_FLAG_UNSEEN);
		if (record->split == USERTIME_SPLIT_PRECISE)
			tracker->looks += record->samples;
		retire(tracker, process);
		break;
	default:
		set_usage(tracker, process, record);
	}
	return process;
}

uint64_t tracker_peak(const struct tracker *tracker)
{
	return peak_max(&tracker->peak);
}

bool tracker_drain(struct tracker *tracker, struct usertime_session *session)
{
	const struct usertime_record *records;
	ssize_t nr, i;

	while ((nr = usertime_session_peek(session, &records)) > 0) {
		for (i = 0; i < nr; i++)
			tracker_take(tracker, &records[i]);
		if (usertime_session_consume(session, nr))
			return false;
	}
	return !nr;
}

void tracker_visit(const struct tracker *tracker,
		   void (*visit)(const struct tracked *process, void *data), void *data)
{
	const struct tracked *process;
	size_t i;

	for (i = 0; i < tracker->nr_buckets; i++)
		for (process = tracker->buckets[i].first; process; process = process->next)
			visit(process, data);
}

void tracker_forget(struct tracker *tracker, uint64_t since)
{
	struct tracked **link, *process;
	size_t i;

	for (i = 0; i < tracker->nr_buckets; i++)
		for (link = &tracker->buckets[i].first; (process = *link); ) {
			if (process->time >= since) {
				link = &process->next;
				continue;
			}
			*link = process->next;
			subtract_usage(&tracker->usage, &process->usage);
			tracker->live--;
			free(process);
		}
}

static int by_time(const void *a, const void *b)
{
	const struct tracked_command *x = a, *y = b;
	uint64_t x_time = x->usage.user + x->usage.system, y_time = y->usage.user + y->usage.system;

	if (x_time != y_time)
		return (x_time < y_time) - (x_time > y_time);
	return memcmp(x->name, y->name, TRACKED_NAME_SIZE);
}

void tracked_commands_sort(struct tracked_command *list, size_t nr)
{
	if (nr)
		qsort(list, nr, sizeof(*list), by_time);
}

/* A list that grows. */
struct commands {
	struct tracked_command *list;
	size_t nr;
};

static void add_live(const struct tracked *process, void *data)
{
	const struct tracked_command command = command_of(process);
	struct commands *commands = data;

	commands->list = tracked_commands_add(commands->list, &commands->nr, &command, 1);
}

struct tracked_command *tracker_commands(const struct tracker *tracker, size_t *nr)
{
	struct commands all = { .nr = 0 };

	all.list = tracked_commands_add(NULL, &all.nr, tracker->commands, tracker->nr_commands);
	tracker_visit(tracker, add_live, &all);
	tracked_commands_sort(all.list, all.nr);
	*nr = all.nr;
	return all.list;
}

void tracker_free(struct tracker *tracker)
{
	tracker_forget(tracker, UINT64_MAX);
	peak_free(&tracker->peak);
	free(tracker->gone);
	free(tracker->buckets);
	free(tracker->commands);
	*tracker = (struct tracker){ .live = 0 };
}

// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "summary.h"
#include "text.h"

/* A row's share changes by that much. */
struct change {
	int64_t time;
	double by;
};

struct changes {
	struct change *list;
	size_t nr;
};

/*
 * The scheduler charges a thread that goes on running once a tick, of which the slowest kernels have
 * one in 10 ms: shares of less time than this would show when it did that, not what was used.
 */
#define SHORTEST	(20 * INT64_C(1000000))

/*
 * The ends of a process's last line, which is not added before there is a next one, and its last
 * sample, to which that will lead if it is long enough by then.
 */
struct last {
	struct recorded_sample from;
	struct recorded_sample to;
	struct recorded_sample held;
	uint32_t looks;
};

/* What is known while samples are read. */
struct reading {
	struct recorded *recorded;
	struct summary *summary;
	int64_t begin;
	int64_t end;
	size_t *row_of;			/* of each process; NO_ROW: it was not there then */
	struct last *last;		/* of each process */
	struct changes *changes;	/* of each row */
};

#define NO_ROW	SIZE_MAX

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/*
 * The rows.
 */

static struct summary_row *add_row(struct summary *summary, const struct recorded_process *process,
				   const char *command)
{
	struct summary_row *row;

	if (!(summary->nr & (summary->nr - 1)))
		summary->rows = grow(summary->rows, summary->nr ? summary->nr * 2 : 1, sizeof(*row));
	row = &summary->rows[summary->nr++];
	*row = (struct summary_row){
		.process = process, .command = command, .from = INT64_MAX, .to = INT64_MIN
	};
	return row;
}

static void count_process(struct summary_row *row, const struct recorded_process *process,
			  int64_t begin, int64_t end)
{
	row->processes++;
	row->exited += process->exited && process->end <= end;
	row->from = earlier(row->from, later(process->seen, begin));
	row->to = later(row->to, earlier(process->end, end));
}

/* A process and what it was called. */
struct named {
	size_t process;
	const char *command;
};

static int by_command(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->command, y->command);

	return order ? order : (x->process > y->process) - (x->process < y->process);
}

/* Those that were there at any time between begin and end. */
static struct named *list_named(const struct reading *reading, size_t *nr)
{
	const struct recorded *recorded = reading->recorded;
	struct named *list = grow(NULL, recorded->nr_processes + 1, sizeof(*list));
	size_t i;

	*nr = 0;
	for (i = 0; i < recorded->nr_processes; i++) {
		const struct recorded_process *process = &recorded->processes[i];

		reading->row_of[i] = NO_ROW;
		if (process->seen <= reading->end && process->end >= reading->begin)
			list[(*nr)++] = (struct named){ i, recorded_command(process, reading->end) };
	}
	return list;
}

static void make_rows(struct reading *reading, enum summary_by by)
{
	struct summary *summary = reading->summary;
	struct summary_row *row = NULL;
	size_t i, nr;
	struct named *list = list_named(reading, &nr);

	if (by == SUMMARY_BY_COMMAND)
		qsort(list, nr, sizeof(*list), by_command);
	for (i = 0; i < nr; i++) {
		const struct recorded_process *process =
			&reading->recorded->processes[list[i].process];

		if (!row || by == SUMMARY_BY_PID || strcmp(row->command, list[i].command) != 0)
			row = add_row(summary, process, list[i].command);
		count_process(row, process, reading->begin, reading->end);
		reading->row_of[list[i].process] = summary->nr - 1;
	}
	free(list);
}

/*
 * The samples: what was used between two of them.
 */

static void add_change(struct changes *changes, int64_t time, double by)
{
	if (!(changes->nr & (changes->nr - 1)))
		changes->list = grow(changes->list, changes->nr ? changes->nr * 2 : 1,
				     sizeof(*changes->list));
	changes->list[changes->nr++] = (struct change){ time, by };
}

/* A counter at a time between two samples. */
static uint64_t between(const struct recorded_sample *a, uint64_t at_a,
			const struct recorded_sample *b, uint64_t at_b, int64_t time)
{
	if (time >= b->time)
		return at_b;
	if (time <= a->time)
		return at_a;
	return at_a + (unsigned __int128)(at_b - at_a) * (time - a->time) / (b->time - a->time);
}

/* Where the line from one sample to the next is at a time between them. */
static struct recorded_sample point_on(const struct recorded_sample *a,
				       const struct recorded_sample *b, int64_t time)
{
	return (struct recorded_sample){
		.process = a->process,
		.time = time,
		.user = between(a, a->user, b, b->user, time),
		.system = between(a, a->system, b, b->system, time),
		.minor_faults = between(a, a->minor_faults, b, b->minor_faults, time),
		.major_faults = between(a, a->major_faults, b, b->major_faults, time),
	};
}

static void add_line(struct reading *reading, size_t row_index, const struct recorded_sample *a,
		     const struct recorded_sample *b)
{
	struct summary_row *row = &reading->summary->rows[row_index];
	int64_t from = later(a->time, reading->begin), to = earlier(b->time, reading->end);
	struct recorded_sample first = point_on(a, b, from), last = point_on(a, b, to);
	uint64_t user = last.user - first.user, system = last.system - first.system;

	if (from >= to)
		return;
	row->user += user;
	row->system += system;
	row->minor_faults += last.minor_faults - first.minor_faults;
	row->major_faults += last.major_faults - first.major_faults;
	if (user + system) {
		double share = (double)(user + system) / (to - from);

		add_change(&reading->changes[row_index], from, share);
		add_change(&reading->changes[row_index], to, -share);
	}
}

/* Nothing is known of what a process had used, until it was forked or seen. */
static bool is_known(const struct recorded_sample *sample)
{
	return sample->process;
}

/* An exit right behind a sample takes its place: the one is exact, the other an estimate. */
static bool replaces(const struct recorded_sample *exit, const struct recorded_sample *sample)
{
	uint64_t after = exit->time - sample->time;

	return exit->exit && (after < (uint64_t)SHORTEST || after < exit->process->session->period / 2);
}

/* The line to the held sample becomes the last one, unless it is too short: then it grows. */
static void move_on(struct reading *reading, size_t row, struct last *last,
		    const struct recorded_sample *next)
{
	int64_t soonest = last->to.time + SHORTEST;

	if (is_known(&last->to) && (replaces(next, &last->held) || next->time < soonest))
		return;
	if (is_known(&last->to) && last->held.time < soonest)
		last->held = point_on(&last->held, next, soonest);
	if (is_known(&last->from))
		add_line(reading, row, &last->from, &last->to);
	last->from = last->to;
	last->to = last->held;
}

/* What is left at the end is added to the last line where it is too short to be one. */
static void add_rest(struct reading *reading, size_t row, const struct last *last)
{
	if (!is_known(&last->from)) {
		if (is_known(&last->to))
			add_line(reading, row, &last->to, &last->held);
	} else if (last->held.time < last->to.time + SHORTEST) {
		add_line(reading, row, &last->from, &last->held);
	} else {
		add_line(reading, row, &last->from, &last->to);
		add_line(reading, row, &last->to, &last->held);
	}
}

/* How many looks are behind the split grows from sample to sample, too. */
static void count_looks(struct summary_row *row, struct last *last,
			const struct recorded_sample *sample)
{
	if (sample->split != USERTIME_SPLIT_PRECISE)
		return;
	row->looks += sample->split_samples - last->looks;
	last->looks = sample->split_samples;
}

static void take_sample(struct reading *reading, const struct recorded_sample *sample)
{
	size_t index = sample->process - reading->recorded->processes;
	struct last *last = &reading->last[index];
	size_t row = reading->row_of[index];

	if (row == NO_ROW)
		return;
	if (sample->time <= reading->end)
		count_looks(&reading->summary->rows[row], last, sample);
	if (sample->exit && sample->time <= reading->end) {
		reading->summary->rows[row].exit = *sample;
		reading->summary->rows[row].has_exit = true;
	}
	/* Nothing had been used when it was forked. */
	if (!is_known(&last->held) && sample->process->forked)
		last->held = (struct recorded_sample){
			.process = sample->process, .time = sample->process->seen
		};
	move_on(reading, row, last, sample);
	last->held = *sample;
}

static bool take_samples(struct reading *reading)
{
	struct recorded_sample sample;
	size_t i;
	int ret;

	if (!recorded_seek(reading->recorded, RECORDED_BY_PROCESS, reading->begin, reading->end))
		return false;
	while ((ret = recorded_next(reading->recorded, &sample)) == 1)
		take_sample(reading, &sample);
	for (i = 0; i < reading->recorded->nr_processes; i++)
		add_rest(reading, reading->row_of[i], &reading->last[i]);
	return !ret;
}

/*
 * The shares: how long each one lasted.
 */

struct lasted {
	double share;
	int64_t time;
};

static int by_time(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	return (x->time > y->time) - (x->time < y->time);
}

static int by_share(const void *a, const void *b)
{
	const struct lasted *x = a, *y = b;

	return (x->share > y->share) - (x->share < y->share);
}

/* Between one change and the next; *nr of them, of which the first is the time without any use. */
static struct lasted *list_lasted(struct changes *changes, int64_t time, size_t *nr)
{
	struct lasted *list = grow(NULL, changes->nr + 1, sizeof(*list));
	int64_t used = 0;
	double share = 0;
	size_t i, active = 0;

	*nr = 1;
	if (changes->nr)
		qsort(changes->list, changes->nr, sizeof(*changes->list), by_time);
	for (i = 0; i < changes->nr; i++) {
		int64_t before = i ? changes->list[i - 1].time : 0;

		if (active && changes->list[i].time > before) {
			list[(*nr)++] = (struct lasted){ share, changes->list[i].time - before };
			used += changes->list[i].time - before;
		}
		active += changes->list[i].by > 0 ? 1 : -1;
		/* What additions leave of nothing is nothing. */
		share = active ? share + changes->list[i].by : 0;
	}
	list[0] = (struct lasted){ 0, time - used };
	return list;
}

/* The share that was not exceeded in that part of the time. */
static double percentile(const struct lasted *list, size_t nr, int64_t time, double part)
{
	double left = part * time;
	size_t i;

	for (i = 0; i + 1 < nr; i++) {
		left -= list[i].time;
		if (left <= 0)
			break;
	}
	return list[i].share;
}

static void find_share(struct summary_row *row, struct changes *changes)
{
	int64_t time = row->to - row->from;
	struct lasted *list;
	size_t nr;

	if (time <= 0)
		return;
	list = list_lasted(changes, time, &nr);
	qsort(list, nr, sizeof(*list), by_share);
	row->has_share = true;
	row->share = (struct summary_share){
		.mean = (double)(row->user + row->system) / time,
		.p50 = percentile(list, nr, time, 0.5),
		.p95 = percentile(list, nr, time, 0.95),
		.max = list[nr - 1].share,
	};
	free(list);
}

bool summary_read(struct summary *summary, struct recorded *recorded, enum summary_by by,
		  int64_t begin, int64_t end)
{
	struct reading reading = {
		.recorded = recorded, .summary = summary, .begin = begin, .end = end,
		.row_of = grow(NULL, recorded->nr_processes + 1, sizeof(*reading.row_of)),
		.last = grow(NULL, recorded->nr_processes + 1, sizeof(*reading.last)),
	};
	bool done;
	size_t i;

	*summary = (struct summary){ .rows = grow(NULL, 1, sizeof(*summary->rows)) };
	memset(reading.last, 0, recorded->nr_processes * sizeof(*reading.last));
	make_rows(&reading, by);
	reading.changes = grow(NULL, summary->nr + 1, sizeof(*reading.changes));
	memset(reading.changes, 0, summary->nr * sizeof(*reading.changes));
	done = take_samples(&reading);
	for (i = 0; i < summary->nr; i++) {
		if (done)
			find_share(&summary->rows[i], &reading.changes[i]);
		free(reading.changes[i].list);
	}
	free(reading.changes);
	free(reading.last);
	free(reading.row_of);
	if (!done)
		summary_free(summary);
	return done;
}

void summary_free(struct summary *summary)
{
	free(summary->rows);
}

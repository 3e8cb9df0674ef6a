// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "timeline.h"

static void *zeroed(size_t nr, size_t size)
{
	return memset(grow(NULL, nr ? nr : 1, size), 0, nr * size);
}

/* The smallest of 1, 2 and 5 and zeros that is not smaller. */
static uint64_t round_width(uint64_t least)
{
	uint64_t width = 1;

	while (width < least) {
		if (width * 2 >= least)
			return width * 2;
		if (width * 5 >= least)
			return width * 5;
		width *= 10;
	}
	return width;
}

void timeline_init(struct timeline *timeline, int64_t begin, int64_t end, size_t max,
		   uint64_t finest)
{
	uint64_t length = end > begin ? end - begin : 1;
	uint64_t least = (length + max - 1) / max;

	*timeline = (struct timeline){ .begin = begin, .end = begin + length };
	timeline->width = round_width(least > finest ? least : finest);
	timeline->nr = (length + timeline->width - 1) / timeline->width;
	timeline->present = zeroed(timeline->nr, sizeof(*timeline->present));
	timeline->recorded = zeroed(timeline->nr, sizeof(*timeline->recorded));
}

void timeline_free(struct timeline *timeline)
{
	size_t i;

	for (i = 0; i < timeline->nr_processes; i++) {
		free((char *)timeline->processes[i].name);
		free((char *)timeline->processes[i].unit);
		free(timeline->processes[i].buckets);
	}
	free(timeline->processes);
	free(timeline->present);
	free(timeline->recorded);
}

/* The part of from..to that is in the timeline, relative to its begin; false: there is none. */
static bool clip(const struct timeline *timeline, int64_t *from, int64_t *to)
{
	*from = (*from > timeline->begin ? *from : timeline->begin) - timeline->begin;
	*to = (*to < timeline->end ? *to : timeline->end) - timeline->begin;
	return *from < *to;
}

/* Which part of the bucket from..to takes, both relative to the timeline's begin. */
static double part(const struct timeline *timeline, size_t bucket, int64_t from, int64_t to)
{
	int64_t begin = bucket * timeline->width, end = begin + timeline->width;

	return (double)((to < end ? to : end) - (from > begin ? from : begin)) / timeline->width;
}

/* Adds to each bucket the part of it that from..to takes. */
static void cover(const struct timeline *timeline, float *buckets, int64_t from, int64_t to)
{
	size_t i, last;

	if (!clip(timeline, &from, &to))
		return;
	last = (to - 1) / timeline->width;
	for (i = from / timeline->width; i <= last; i++)
		buckets[i] += part(timeline, i, from, to);
}

void timeline_record(struct timeline *timeline, int64_t from, int64_t to)
{
	cover(timeline, timeline->recorded, from, to);
}

size_t timeline_add(struct timeline *timeline, const struct timeline_process *process)
{
	size_t nr = timeline->nr_processes;

	/* Doubled when it is full: when the number is a power of two. */
	if (!(nr & (nr - 1)))
		timeline->processes = grow(timeline->processes, nr ? 2 * nr : 1,
					   sizeof(*timeline->processes));
	timeline->processes[nr] = *process;
	timeline->processes[nr].name = text("%s", process->name);
	timeline->processes[nr].unit = text("%s", process->unit);
	cover(timeline, timeline->present, process->seen, process->left);
	return timeline->nr_processes++;
}

/* Has the process's buckets reach from first to last. */
static void reach(struct timeline_process *process, size_t first, size_t last)
{
	size_t end = process->first + process->nr, begin = process->first;

	if (process->nr && first >= begin && last < end)
		return;
	if (!process->nr || first < begin)
		begin = first;
	if (!process->nr || last >= end)
		end = last + 1;
	process->buckets = grow(process->buckets, end - begin, sizeof(*process->buckets));
	if (process->nr)
		memmove(process->buckets + (process->first - begin), process->buckets,
			process->nr * sizeof(*process->buckets));
	else
		process->first = end;
	memset(process->buckets, 0, (process->first - begin) * sizeof(*process->buckets));
	memset(process->buckets + (process->first - begin) + process->nr, 0,
	       (end - process->first - process->nr) * sizeof(*process->buckets));
	process->first = begin;
	process->nr = end - begin;
}

/* Part of what was used, so that all parts' sum is the whole. */
static uint64_t some(uint64_t all, double share)
{
	return share < 1 ? (uint64_t)llround(all * share) : all;
}

void timeline_use(struct timeline *timeline, size_t index, int64_t from, int64_t to,
		  const struct use *used)
{
	struct timeline_process *process = &timeline->processes[index];
	double length, share;
	size_t i, last;

	/* A moment is the shortest time. */
	if (from >= to)
		from = to - 1;
	length = to - from;
	if (!clip(timeline, &from, &to))
		return;
	share = (to - from) / length;
	process->used.user += some(used->user, share);
	process->used.system += some(used->system, share);
	process->used.minor += some(used->minor, share);
	process->used.major += some(used->major, share);

	last = (to - 1) / timeline->width;
	reach(process, from / timeline->width, last);
	for (i = from / timeline->width; i <= last; i++) {
		struct bucket *bucket = &process->buckets[i - process->first];

		share = part(timeline, i, from, to) * timeline->width / length;
		bucket->user += used->user * share;
		bucket->system += used->system * share;
		bucket->faults += (used->minor + used->major) * share;
	}
}

static uint64_t value(const struct use *used, enum timeline_key key)
{
	return key == KEY_CPU ? used->user + used->system : used->minor + used->major;
}

/* For qsort: a line of the picture before it has buckets, of which process it is the first. */
struct candidate {
	const struct timeline_process *process;
	size_t index;
	size_t members;
	struct use used;
	enum timeline_key key;
};

static int by_name(const void *a, const void *b)
{
	const struct candidate *first = a, *second = b;
	int order = strcmp(first->process->name, second->process->name);

	return order ? order : (first->index > second->index) - (first->index < second->index);
}

static int by_value(const void *a, const void *b)
{
	const struct candidate *first = a, *second = b;
	uint64_t one = value(&first->used, first->key), other = value(&second->used, second->key);

	if (one != other)
		return one < other ? 1 : -1;
	return (first->index > second->index) - (first->index < second->index);
}

static void add_use(struct use *sum, const struct use *used)
{
	sum->user += used->user;
	sum->system += used->system;
	sum->minor += used->minor;
	sum->major += used->major;
}

/* Those of the same name become one, the first of them. */
static size_t merge(struct candidate *candidates, size_t nr)
{
	size_t i, merged = 0;

	qsort(candidates, nr, sizeof(*candidates), by_name);
	for (i = 1; i < nr; i++) {
		struct candidate *last = &candidates[merged];

		if (!strcmp(last->process->name, candidates[i].process->name)) {
			last->members++;
			add_use(&last->used, &candidates[i].used);
		} else {
			candidates[++merged] = candidates[i];
		}
	}
	return nr ? merged + 1 : 0;
}

static void add_process(struct timeline_line *line, const struct timeline_process *process)
{
	size_t i;

	line->members++;
	add_use(&line->used, &process->used);
	for (i = 0; i < process->nr; i++) {
		struct bucket *bucket = &line->buckets[process->first + i];

		bucket->user += process->buckets[i].user;
		bucket->system += process->buckets[i].system;
		bucket->faults += process->buckets[i].faults;
	}
}

/* Which line it belongs to: the others' if no other. */
static size_t line_of(const struct timeline_process *process, enum timeline_by by,
		      const struct candidate *top, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (by == BY_PID ? top[i].process == process :
				   !strcmp(top[i].process->name, process->name))
			break;
	return i;
}

void timeline_lines(const struct timeline *timeline, enum timeline_by by, enum timeline_key key,
		    size_t top, struct timeline_lines *lines)
{
	size_t nr = timeline->nr_processes, i;
	struct candidate *candidates = grow(NULL, nr ? nr : 1, sizeof(*candidates));

	for (i = 0; i < nr; i++)
		candidates[i] = (struct candidate){
			.process = &timeline->processes[i], .index = i, .members = 1,
			.used = timeline->processes[i].used, .key = key,
		};
	if (by == BY_COMMAND)
		nr = merge(candidates, nr);
	qsort(candidates, nr, sizeof(*candidates), by_value);

	lines->nr = nr > top ? top + 1 : nr;
	lines->lines = zeroed(lines->nr, sizeof(*lines->lines));
	for (i = 0; i < lines->nr; i++) {
		lines->lines[i].buckets = zeroed(timeline->nr, sizeof(struct bucket));
		if (i < top) {
			lines->lines[i].name = candidates[i].process->name;
			lines->lines[i].pid = by == BY_PID ? candidates[i].process->pid : 0;
		}
	}
	for (i = 0; i < timeline->nr_processes; i++)
		add_process(&lines->lines[line_of(&timeline->processes[i], by, candidates,
						  nr > top ? top : nr)],
			    &timeline->processes[i]);
	free(candidates);
}

void timeline_lines_free(struct timeline_lines *lines)
{
	size_t i;

	for (i = 0; i < lines->nr; i++)
		free(lines->lines[i].buckets);
	free(lines->lines);
}

static void add_load(struct timeline_load *load, double time, double busy)
{
	if (!load->time || busy < load->low)
		load->low = busy;
	if (!load->time || busy > load->high)
		load->high = busy;
	/* The sum, until all are there. */
	load->mean += busy * time;
	load->time += time;
}

/* What all processes used in each bucket, ns. */
static double *use_of_all(const struct timeline *timeline)
{
	double *used = zeroed(timeline->nr, sizeof(*used));
	size_t i, j;

	for (i = 0; i < timeline->nr_processes; i++) {
		const struct timeline_process *process = &timeline->processes[i];

		for (j = 0; j < process->nr; j++)
			used[process->first + j] += (double)process->buckets[j].user +
						    process->buckets[j].system;
	}
	return used;
}

/* How many there were while a bucket was recorded; 0: nothing is known. */
static size_t processes_in(const struct timeline *timeline, size_t bucket)
{
	double recorded = timeline->recorded[bucket];

	return recorded > 0 ? lround(timeline->present[bucket] / recorded) : 0;
}

size_t timeline_loads(const struct timeline *timeline, size_t max, struct timeline_load **loads)
{
	double *used = use_of_all(timeline);
	size_t i, most = 0, step, nr = 0;

	for (i = 0; i < timeline->nr; i++)
		if (processes_in(timeline, i) > most)
			most = processes_in(timeline, i);
	step = most / max + 1;
	*loads = zeroed(most / step + 1, sizeof(**loads));
	for (i = 0; i < timeline->nr; i++) {
		double time = (double)timeline->recorded[i] * timeline->width;
		size_t processes = processes_in(timeline, i);

		if (processes)
			add_load(&(*loads)[processes / step], time, used[i] / time);
	}
	/* Only numbers that there were. */
	for (i = 0; i <= most / step; i++) {
		struct timeline_load load = (*loads)[i];

		if (!load.time)
			continue;
		load.mean /= load.time;
		load.processes = i * step + (step - 1) / 2.0;
		(*loads)[nr++] = load;
	}
	free(used);
	return nr;
}

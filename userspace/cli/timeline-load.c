// SPDX-License-Identifier: GPL-2.0-only
/* A timeline from a recording. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "text.h"
#include "timeline.h"

/* A process of the recording on its way to the timeline. */
struct source {
	bool wanted;
	bool known;		/* what it had used at time */
	size_t index;		/* in the timeline */
	int64_t time;
	struct use used;
};

static const char *last_name(const struct timeline_options *options,
			     const struct recorded_process *process)
{
	return recorded_command(process, process->end < options->end ? process->end : options->end);
}

/* Nothing named is everything; PIDs and names are one set. */
static bool is_wanted(const struct timeline_options *options,
		      const struct recorded_process *process)
{
	size_t i;

	for (i = 0; i < options->nr_pids; i++)
		if (options->pids[i] == process->pid)
			return true;
	for (i = 0; i < options->nr_names; i++)
		if (!strcmp(options->names[i], last_name(options, process)))
			return true;
	return !options->nr_pids && !options->nr_names;
}

static int64_t latest(const struct recorded *recorded)
{
	int64_t end = INT64_MIN;
	size_t i;

	for (i = 0; i < recorded->nr_sessions; i++)
		if (recorded->sessions[i].ended > end)
			end = recorded->sessions[i].ended;
	return end;
}

/* The range that is asked for, as far as there is something; and all sessions' shortest period. */
static void begin_timeline(struct timeline *timeline, const struct recorded *recorded,
			   const struct timeline_options *options)
{
	int64_t begin = recorded->sessions[0].began, end = latest(recorded);
	uint64_t finest = 0;
	size_t i;

	for (i = 0; i < recorded->nr_sessions; i++) {
		uint64_t period = recorded->sessions[i].period;

		if (period && (!finest || period < finest))
			finest = period;
	}
	if (options->begin > begin)
		begin = options->begin;
	if (options->end < end)
		end = options->end;
	timeline_init(timeline, begin, end, options->max, finest);
	for (i = 0; i < recorded->nr_sessions; i++)
		timeline_record(timeline, recorded->sessions[i].began, recorded->sessions[i].ended);
}

static size_t add_process(struct timeline *timeline, const struct timeline_options *options,
			  const struct recorded_process *process)
{
	return timeline_add(timeline, &(const struct timeline_process){
		.pid = process->pid, .name = last_name(options, process), .unit = process->unit,
		.seen = process->seen, .left = process->end, .exited = process->exited,
	});
}

static struct source *add_processes(struct timeline *timeline, const struct recorded *recorded,
				    const struct timeline_options *options)
{
	struct source *sources = grow(NULL, recorded->nr_processes + 1, sizeof(*sources));
	size_t i;

	for (i = 0; i < recorded->nr_processes; i++) {
		const struct recorded_process *process = &recorded->processes[i];

		sources[i] = (struct source){ .known = process->forked, .time = process->seen };
		sources[i].wanted = is_wanted(options, process) && process->end >= timeline->begin &&
				    process->seen < timeline->end;
		if (sources[i].wanted)
			sources[i].index = add_process(timeline, options, process);
	}
	return sources;
}

static void take(struct timeline *timeline, struct source *source,
		 const struct recorded_sample *sample)
{
	const struct use now = { sample->user, sample->system,
				 sample->minor_faults, sample->major_faults };
	const struct use used = { now.user - source->used.user, now.system - source->used.system,
				  now.minor - source->used.minor, now.major - source->used.major };
	struct timeline_process *process = &timeline->processes[source->index];

	if (source->known)
		timeline_use(timeline, source->index, source->time, sample->time, &used);
	if (sample->threads > process->threads)
		process->threads = sample->threads;
	source->known = true;
	source->time = sample->time;
	source->used = now;
}

/* On a terminal, who waits for long is told how far it is. */
static void tell(uint64_t samples, time_t began)
{
	if (!(samples & 0xfffff) && time(NULL) - began > 1 && isatty(STDERR_FILENO))
		fprintf(stderr, "\rread %llu million samples", (unsigned long long)samples / 1000000);
}

static void tell_no_more(time_t began)
{
	if (time(NULL) - began > 1 && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

bool timeline_load(struct timeline *timeline, struct recorded *recorded,
		   const struct timeline_options *options)
{
	struct recorded_sample sample;
	time_t began = time(NULL);
	struct source *sources;
	uint64_t nr = 0;
	int more;

	if (!recorded_seek(recorded, RECORDED_BY_PROCESS, options->begin, options->end))
		return false;
	begin_timeline(timeline, recorded, options);
	sources = add_processes(timeline, recorded, options);
	while ((more = recorded_next(recorded, &sample)) > 0) {
		struct source *source = &sources[sample.process - recorded->processes];

		if (source->wanted)
			take(timeline, source, &sample);
		tell(++nr, began);
	}
	tell_no_more(began);
	free(sources);
	if (more < 0)
		timeline_free(timeline);
	return !more;
}

// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "cli/recording.h"
#include "cli/text.h"
#include "source.h"

/* Steps are not shorter by default. */
#define STEP 1000000000LL

struct replay {
	struct top_source source;	/* first */
	struct recorded *recorded;
	const struct recorded_session *session;	/* that source.time is in */
	struct recorded_sample *before;	/* of each process, while a look is made: its last sample */
};

static bool failed(void)
{
	fprintf(stderr, TOP_PROGRAM ": %s\n", recording_message());
	return false;
}

static const struct recorded_session *last_session(const struct replay *replay)
{
	return replay->recorded->sessions + replay->recorded->nr_sessions - 1;
}

/* A line from one sample to the next one: what it is at a share of the way. */
static uint64_t between(uint64_t before, uint64_t after, double share)
{
	return after > before ? before + (uint64_t)((double)(after - before) * share) : before;
}

/* Exits until since were shown before. */
static void put(struct top_table *table, const struct recorded_sample *before,
		const struct recorded_sample *after, int64_t time, int64_t since)
{
	double share = after->time > before->time ?
		       (double)(time - before->time) / (after->time - before->time) : 0;
	const struct recorded_process *process = before->process;
	char *command = text_printable(recorded_command(process, time));
	const struct top_values values = {
		.pid = process->pid,
		.start = process->start,
		.command = command,
		.user = between(before->user, after->user, share),
		.system = between(before->system, after->system, share),
		.faults = between(before->minor_faults + before->major_faults,
				  after->minor_faults + after->major_faults, share),
		.threads = before->threads,
		.state = '-',
		.exited = before->exit,
	};

	if (!before->exit || before->time > since)
		top_table_put(table, &values, process->forked && process->seen > since);
	free(command);
}

/* Puts what processes of the session had used at a time. */
static bool put_all(struct replay *replay, struct top_table *table, int64_t time, int64_t since)
{
	const struct recorded *recorded = replay->recorded;
	struct recorded_sample sample, *before;
	size_t i;
	int there;

	if (!recorded_seek(replay->recorded, RECORDED_BY_TIME, time, time))
		return failed();
	while ((there = recorded_next(replay->recorded, &sample)) > 0) {
		if (sample.process->session != replay->session)
			continue;
		before = &replay->before[sample.process - recorded->processes];
		if (sample.time <= time) {
			*before = sample;
		} else if (before->process) {
			put(table, before, &sample, time, since);
			before->process = NULL;
		} else if (sample.process->forked && sample.process->seen <= time) {
			const struct recorded_sample fork = {
				.process = sample.process, .time = sample.process->seen,
				.threads = sample.threads,
			};

			put(table, &fork, &sample, time, since);
		} else if (time == replay->session->began && !sample.process->forked) {
			/* It was there, only its first sample is a little late. */
			put(table, &sample, &sample, time, since);
		}
	}
	/* Nothing came behind these. */
	for (i = 0; i < recorded->nr_processes; i++) {
		before = &replay->before[i];
		if (before->process)
			put(table, before, before, time, since);
		before->process = NULL;
	}
	return there < 0 ? failed() : true;
}

static bool look_at(struct replay *replay, struct top_table *table, int64_t time)
{
	struct top_source *source = &replay->source;

	if (!put_all(replay, table, time, source->time))
		return false;
	top_table_look(table, time - source->time, false);
	source->time = time;
	source->ended = time >= last_session(replay)->ended;
	source->note = source->ended ? "end of the recording" : "";
	return true;
}

/* With nothing to compare it with. */
static bool begin_at(struct replay *replay, struct top_table *table, int64_t time)
{
	top_table_clear(table);
	if (!put_all(replay, table, time, time))
		return false;
	top_table_look(table, 0, false);
	replay->source.time = time;
	return true;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A look at a time of the session, after those of the history that lie in it. */
static bool jump(struct replay *replay, struct top_table *table, int64_t time)
{
	const int64_t step = replay->source.interval, began = replay->session->began;
	int64_t first = time - TOP_HISTORY * step, next;

	if (first < began)
		first = began;
	if (!begin_at(replay, table, first))
		return false;
	next = time - (time - first) / step * step;
	for (next += next == first ? step : 0; next <= time; next += step)
		if (!look_at(replay, table, next))
			return false;
	return true;
}

/* Between two sessions there is nothing to see. */
static bool forward(struct top_source *source, struct top_table *table)
{
	struct replay *replay = (struct replay *)source;

	if (source->time < replay->session->ended)
		return look_at(replay, table,
			       earlier(source->time + source->interval, replay->session->ended));
	if (replay->session == last_session(replay))
		return true;
	replay->session++;
	return jump(replay, table,
		    earlier(replay->session->began + source->interval, replay->session->ended));
}

static bool back(struct top_source *source, struct top_table *table)
{
	struct replay *replay = (struct replay *)source;
	int64_t first = replay->session->began + (int64_t)source->interval;

	if (source->time > first) {
		int64_t time = source->time - (int64_t)source->interval;

		return jump(replay, table, time > first ? time : first);
	}
	if (replay->session == replay->recorded->sessions)
		return true;
	replay->session--;
	return jump(replay, table, replay->session->ended);
}

static bool first_look(struct top_source *source, struct top_table *table)
{
	struct replay *replay = (struct replay *)source;

	source->look = forward;
	return jump(replay, table,
		    earlier(replay->session->began + source->interval, replay->session->ended));
}

static void end(struct top_source *source)
{
	struct replay *replay = (struct replay *)source;

	recorded_close(replay->recorded);
	free(replay->before);
	free(replay);
}

static int64_t default_step(const struct recorded *recorded)
{
	int64_t step = STEP;
	size_t i;

	for (i = 0; i < recorded->nr_sessions; i++)
		if ((int64_t)recorded->sessions[i].period > step)
			step = recorded->sessions[i].period;
	return step;
}

struct top_source *top_recording(const char *path, uint64_t interval)
{
	struct recorded *recorded = recorded_open(path);
	struct replay *replay;

	if (!recorded) {
		failed();
		return NULL;
	}
	replay = grow(NULL, 1, sizeof(*replay));
	*replay = (struct replay){
		.source = {
			.look = first_look, .back = back, .close = end, .fd = -1,
			.interval = interval ? interval : (uint64_t)default_step(recorded),
			.name = path, .note = "",
		},
		.recorded = recorded,
		.session = recorded->sessions,
		.before = grow(NULL, recorded->nr_processes + 1, sizeof(*replay->before)),
	};
	memset(replay->before, 0, (recorded->nr_processes + 1) * sizeof(*replay->before));
	return &replay->source;
}

// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "cli/text.h"
#include "table.h"

struct process {
	struct top_row row;		/* first */
	struct top_values put;		/* what the next look will show */
	char *command;			/* of the row */
	bool seen;			/* put since the last look */
	uint64_t exited;		/* the look that showed it first, 0: alive */
	TAILQ_ENTRY(process) exits;
};

TAILQ_HEAD(exit_list, process);

struct top_state {
	void *processes;		/* a tree of search.h */
	size_t nr;
	struct exit_list exited;	/* oldest first */
	size_t nr_exited;
	uint64_t looks;
};

static int compare_identity(const void *a, const void *b)
{
	const struct top_values *x = &((const struct process *)a)->row.values;
	const struct top_values *y = &((const struct process *)b)->row.values;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->start > y->start) - (x->start < y->start);
}

static void free_process(void *item)
{
	struct process *process = item;

	free(process->command);
	free(process);
}

void top_table_init(struct top_table *table)
{
	*table = (struct top_table){ .key = TOP_CPU };
	table->state = grow(NULL, 1, sizeof(*table->state));
	*table->state = (struct top_state){ .processes = NULL };
	TAILQ_INIT(&table->state->exited);
}

void top_table_clear(struct top_table *table)
{
	struct top_state *state = table->state;

	tdestroy(state->processes, free_process);
	*state = (struct top_state){ .processes = NULL };
	TAILQ_INIT(&state->exited);
	table->nr_rows = table->nr_live = 0;
	table->user_rate = table->system_rate = 0;
}

void top_table_free(struct top_table *table)
{
	top_table_clear(table);
	free(table->rows);
	free(table->state);
}

static struct process *add_process(struct top_state *state, const struct top_values *values, bool new)
{
	struct process *process = grow(NULL, 1, sizeof(*process));

	*process = (struct process){ .row.values = *values };
	process->row.values.command = process->command = text("%s", values->command);
	if (new)
		process->row.values.user = process->row.values.system = 0;
	if (!tsearch(process, &state->processes, compare_identity))
		grow(NULL, SIZE_MAX, 2);	/* ends the program */
	state->nr++;
	return process;
}

void top_table_put(struct top_table *table, const struct top_values *values, bool new)
{
	struct process key = { .row.values = *values }, **found, *process;

	found = tfind(&key, &table->state->processes, compare_identity);
	if (!found && !values->command)
		return;
	process = found ? *found : add_process(table->state, values, new);
	if (process->exited)
		return;
	if (values->command && strcmp(process->command, values->command)) {
		free(process->command);
		process->command = text("%s", values->command);
	}
	process->put = *values;
	process->put.command = process->row.values.command = process->command;
	process->seen = true;
}

static double share(uint64_t from, uint64_t to, uint64_t passed)
{
	return passed && to > from ? (double)(to - from) / passed : 0;
}

static void remember(struct top_row *row, float value)
{
	if (row->nr_history == TOP_HISTORY) {
		memmove(row->history, row->history + 1, (TOP_HISTORY - 1) * sizeof(float));
		row->nr_history--;
	}
	row->history[row->nr_history++] = value;
}

/* A walk over the tree for one look. */
struct look {
	struct top_table *table;
	uint64_t passed;
	bool all;
	size_t nr;
};

static void show(struct look *look, struct process *process)
{
	struct top_row *row = &process->row;
	struct top_state *state = look->table->state;

	if (process->exited) {
		row->user_rate = row->system_rate = 0;
	} else {
		row->user_rate = share(row->values.user, process->put.user, look->passed);
		row->system_rate = share(row->values.system, process->put.system, look->passed);
		row->values = process->put;
	}
	if (look->passed)
		remember(row, row->user_rate + row->system_rate);
	if (!process->exited && (row->values.exited || (look->all && !process->seen))) {
		row->values.state = 'X';
		row->values.exited = true;
		process->exited = state->looks;
		TAILQ_INSERT_TAIL(&state->exited, process, exits);
		state->nr_exited++;
	}
	process->seen = false;
}

static void show_node(const void *node, VISIT which, void *data)
{
	if (which == postorder || which == leaf)
		show(data, *(struct process **)node);
}

static void forget_exited(struct top_state *state)
{
	struct process *oldest;

	while ((oldest = TAILQ_FIRST(&state->exited)) &&
	       (state->nr_exited > TOP_MAX_EXITED || state->looks - oldest->exited >= TOP_KEEP)) {
		TAILQ_REMOVE(&state->exited, oldest, exits);
		state->nr_exited--;
		tdelete(oldest, &state->processes, compare_identity);
		state->nr--;
		free_process(oldest);
	}
}

static void list_node(const void *node, VISIT which, void *data)
{
	struct top_table *table = data;
	const struct top_row *row;

	if (which != postorder && which != leaf)
		return;
	row = *(const struct top_row **)node;
	table->rows[table->nr_rows++] = row;
	table->nr_live += !row->values.exited;
	table->user_rate += row->user_rate;
	table->system_rate += row->system_rate;
}

void top_table_look(struct top_table *table, uint64_t passed, bool all)
{
	struct look look = { .table = table, .passed = passed, .all = all };
	struct top_state *state = table->state;

	state->looks++;
	twalk_r(state->processes, show_node, &look);
	forget_exited(state);
	table->rows = grow(table->rows, state->nr + 1, sizeof(void *));
	table->nr_rows = table->nr_live = 0;
	table->user_rate = table->system_rate = 0;
	twalk_r(state->processes, list_node, table);
	top_table_sort(table, table->key, table->reverse);
}

#define ORDER(x, y) (((x) > (y)) - ((x) < (y)))

static int compare_keys(const struct top_row *a, const struct top_row *b, enum top_key key)
{
	const struct top_values *x = &a->values, *y = &b->values;

	switch (key) {
	case TOP_PID:
		return ORDER(x->pid, y->pid);
	case TOP_CPU:
		return ORDER(b->user_rate + b->system_rate, a->user_rate + a->system_rate);
	case TOP_USER_RATE:
		return ORDER(b->user_rate, a->user_rate);
	case TOP_TIME:
		return ORDER(y->user + y->system, x->user + x->system);
	case TOP_USER:
		return ORDER(y->user, x->user);
	case TOP_FAULTS:
		return ORDER(y->faults, x->faults);
	case TOP_THREADS:
		return ORDER(y->threads, x->threads);
	case TOP_COMMAND:
		return strcmp(x->command, y->command);
	default:
		return 0;
	}
}

/* What is equal is in the order of PIDs, so that it does not jump about. */
static int compare_rows(const void *a, const void *b, void *data)
{
	const struct top_row *x = *(const struct top_row *const *)a;
	const struct top_row *y = *(const struct top_row *const *)b;
	const struct top_table *table = data;
	int order = compare_keys(x, y, table->key);

	if (table->reverse)
		order = -order;
	return order ? order : compare_identity(x, y);
}

void top_table_sort(struct top_table *table, enum top_key key, bool reverse)
{
	table->key = key;
	table->reverse = reverse;
	if (table->nr_rows)
		qsort_r(table->rows, table->nr_rows, sizeof(void *), compare_rows, table);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A BPF program that this one runs: it samples tasks that it holds into mapped memory. The nearest
 * thing to the module that can be had without one, by root.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>

#include "bench.h"
#include "bpf/held.h"
#include "bpf/tasks.h"
#include "crowd.h"
#include "program.h"

static struct bpf_object *object;
static int n, sample_fd;
static const struct sample *samples;

static void run(int fd, void *args, size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = size);

	check(bpf_prog_test_run_opts(fd, &opts), "a BPF program");
	if (opts.retval)
		die("a BPF program returned %d", opts.retval);
}

static void begin(const struct crowd *c)
{
	struct hold_args hold;
	int fd;

	object = program_load("held.bpf.o");
	samples = bpf_map__initial_value(bpf_object__find_map_by_name(object, ".bss.samples"),
					 &(size_t){ 0 });
	if (!samples)
		die("samples are not mapped");
	fd = bpf_program__fd(program_of(object, "hold"));
	sample_fd = bpf_program__fd(program_of(object, "sample_held"));
	for (n = 0; n < c->n; n++) {
		hold = (struct hold_args) { n, c->pid[n] };
		run(fd, &hold, sizeof(hold));
	}
}

static void pass(void)
{
	struct sample_args args = { n };

	run(sample_fd, &args, sizeof(args));
}

/* The tasks go with the map. */
static void end(void)
{
	if (!samples[n - 1].threads || !samples[n - 1].runtime)
		die("the BPF program took no samples");
	bpf_object__close(object);
}

const struct method bpf_held = { "bpf-held", begin, NULL, pass, end };

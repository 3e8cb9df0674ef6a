// SPDX-License-Identifier: GPL-2.0-only
/*
 * A BPF program that the kernel runs for each task of the system: its samples are read from a
 * descriptor. There are always some tasks more than those that were asked for.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include "bench.h"
#include "bpf/tasks.h"
#include "crowd.h"
#include "program.h"

static struct bpf_object *object;
static struct bpf_link *link_to;
static int n;
static struct sample buffer[512];

static void begin(const struct crowd *c)
{
	n = c->n;
	object = program_load("iterator.bpf.o");
	link_to = bpf_program__attach_iter(program_of(object, "sample_all"), NULL);
	if (!link_to)
		die("the iterator cannot be attached");
}

static void pass(void)
{
	int fd = check(bpf_iter_create(bpf_link__fd(link_to)), "the iterator");
	ssize_t len, all = 0;

	while ((len = check(read(fd, buffer, sizeof(buffer)), "the iterator")) > 0)
		all += len;
	close(fd);
	if (all < n * (ssize_t)sizeof(struct sample))
		die("the iterator found %zd processes of %d", all / sizeof(struct sample), n);
}

static void end(void)
{
	bpf_link__destroy(link_to);
	bpf_object__close(object);
}

const struct method bpf_iterator = { "bpf-iterator", begin, NULL, pass, end };

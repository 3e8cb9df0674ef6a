// SPDX-License-Identifier: GPL-2.0-only
/* Loading BPF programs: see program.h. */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "program.h"

struct bpf_object *program_load(const char *file)
{
	struct bpf_object *object;
	char path[512];
	int len = check(readlink("/proc/self/exe", path, sizeof(path) - 64), "/proc/self/exe");

	path[len] = 0;
	snprintf(strrchr(path, '/') + 1, 64, "%s", file);
	object = bpf_object__open_file(path, NULL);
	if (!object || bpf_object__load(object))
		die("%s cannot be loaded", path);
	return object;
}

struct bpf_program *program_of(struct bpf_object *object, const char *name)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	if (!program)
		die("no program %s", name);
	return program;
}

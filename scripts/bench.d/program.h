/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading BPF programs. */
#ifndef PROGRAM_H
#define PROGRAM_H

struct bpf_object;
struct bpf_program;

/* From a file beside this program. */
struct bpf_object *program_load(const char *file);
struct bpf_program *program_of(struct bpf_object *object, const char *name);

#endif

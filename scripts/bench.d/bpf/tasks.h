/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BPF programs read of a process. The same fields as the module's records, but neither
 * split nor made consistent with threads that are just exiting: cheaper than what it is compared
 * with. Of the kernel's structures only what is used is declared; libbpf finds the offsets.
 */
#ifndef TASKS_H
#define TASKS_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#define MOST_PROCESSES	32768		/* of crowd.h */

struct sample {
	__u64 time, start, user, system, runtime, minor_faults, major_faults;
	__u32 pid, threads;
};

#ifdef __bpf__
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define OF_KERNEL __attribute__((preserve_access_index))

struct sched_entity {
	__u64 sum_exec_runtime;
} OF_KERNEL;

struct signal_struct {
	__u64 utime, stime;
	unsigned long long sum_sched_runtime;
	unsigned long min_flt, maj_flt;
	int nr_threads;
} OF_KERNEL;

struct task_struct {
	int pid, tgid;
	struct sched_entity se;
	__u64 utime, stime, start_boottime;
	unsigned long min_flt, maj_flt;
	struct signal_struct *signal;
} OF_KERNEL;

/* Iterates the threads of a process. */
struct bpf_iter_task {
	__u64 opaque[3];
} __attribute__((aligned(8)));

enum { THREADS = 1 };		/* BPF_TASK_ITER_PROC_THREADS */

extern int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task,
			     unsigned int flags) __ksym;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym;
extern void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym;

static __always_inline void add_thread(struct sample *s, const struct task_struct *t)
{
	s->user += t->utime;
	s->system += t->stime;
	s->runtime += t->se.sum_exec_runtime;
	s->minor_faults += t->min_flt;
	s->major_faults += t->maj_flt;
}

/* What exited threads have used. */
static __always_inline void begin_sample(struct sample *s, const struct task_struct *leader,
					 __u64 time)
{
	const struct signal_struct *sig = leader->signal;

	s->time = time;
	s->start = leader->start_boottime;
	s->user = sig->utime;
	s->system = sig->stime;
	s->runtime = sig->sum_sched_runtime;
	s->minor_faults = sig->min_flt;
	s->major_faults = sig->maj_flt;
	s->threads = sig->nr_threads;
	s->pid = leader->tgid;
}
#endif

#endif

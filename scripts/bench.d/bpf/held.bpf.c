// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run by a program whenever it wants samples: of tasks that were looked up once and are held since.
 * The samples are in memory that the program has mapped. (A leader that is replaced by another
 * thread's exec is lost: the module finds it.)
 */
#include "held.h"
#include "tasks.h"

struct held {
	struct task_struct __kptr * task;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MOST_PROCESSES);
	__type(key, __u32);
	__type(value, struct held);
} tasks SEC(".maps");

struct sample samples[MOST_PROCESSES] SEC(".bss.samples");

extern struct task_struct *bpf_task_from_pid(__s32 pid) __ksym;
extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

/* Holds one more, or none any more in that place. */
SEC("syscall")
int hold(struct hold_args *args)
{
	struct task_struct *task = NULL;
	__u32 index = args->index;
	struct held *held;

	held = bpf_map_lookup_elem(&tasks, &index);
	if (!held)
		return 1;
	if (args->pid) {
		task = bpf_task_from_pid(args->pid);
		if (!task)
			return 1;
	}
	task = bpf_kptr_xchg(&held->task, task);
	if (task)
		bpf_task_release(task);
	return 0;
}

static __noinline void add_threads(struct sample *s, struct task_struct *task)
{
	struct task_struct *leader = bpf_task_acquire(task), *thread;
	struct bpf_iter_task it;

	if (!leader)
		return;
	bpf_iter_task_new(&it, leader, THREADS);
	while ((thread = bpf_iter_task_next(&it)))
		add_thread(s, thread);
	bpf_iter_task_destroy(&it);
	bpf_task_release(leader);
}

static long sample_one(__u32 i, __u64 *time)
{
	struct held *held = bpf_map_lookup_elem(&tasks, &i);
	struct sample *s = &samples[i % MOST_PROCESSES];
	struct task_struct *task;

	if (!held)
		return 1;
	task = held->task;
	if (!task)
		return 1;
	begin_sample(s, task, *time);
	if (s->threads == 1)
		add_thread(s, task);
	else
		add_threads(s, task);
	return 0;
}

SEC("syscall")
int sample_held(struct sample_args *args)
{
	__u64 time = bpf_ktime_get_ns();

	bpf_rcu_read_lock();
	bpf_loop(args->n, sample_one, &time, 0);
	bpf_rcu_read_unlock();
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interface of /dev/urt as version 1 has it, once more. Whoever changes a size, an offset or a
 * number breaks the programs that are built already: that takes another USERTIME_ABI_VERSION, and
 * the new layout here. It is compiled for 64-bit and for 32-bit programs, which share the module.
 */
#include <linux/usertime.h>

#if USERTIME_ABI_VERSION != 1
#error "this is the layout of version 1: write down that of the new version"
#endif

#define SIZE(type, size) \
	_Static_assert(sizeof(struct type) == (size), "the size of struct " #type)
#define AT(type, member, offset, size)						\
	_Static_assert(__builtin_offsetof(struct type, member) == (offset) &&	\
		       sizeof(((struct type *)0)->member) == (size), #type "." #member)
#define IS(name, value)	_Static_assert((name) == (value), #name)

SIZE(usertime_info, 112);
AT(usertime_info, abi, 0, 4);
AT(usertime_info, record_size, 4, 4);
AT(usertime_info, setup_flags, 8, 4);
AT(usertime_info, clock, 12, 4);
AT(usertime_info, period_min, 16, 8);
AT(usertime_info, period_max, 24, 8);
AT(usertime_info, tick, 32, 8);
AT(usertime_info, ring_min, 40, 4);
AT(usertime_info, ring_max, 44, 4);
AT(usertime_info, max_targets, 48, 8);
AT(usertime_info, max_targets_per_user, 56, 8);
AT(usertime_info, max_bytes_per_user, 64, 8);
AT(usertime_info, max_rate_per_user, 72, 8);
AT(usertime_info, reserved, 80, 32);

SIZE(usertime_setup, 56);
AT(usertime_setup, period, 0, 8);
AT(usertime_setup, ring, 8, 4);
AT(usertime_setup, watermark, 12, 4);
AT(usertime_setup, flags, 16, 4);
AT(usertime_setup, consumer_size, 20, 4);
AT(usertime_setup, producer_size, 24, 4);
AT(usertime_setup, data_offset, 28, 4);
AT(usertime_setup, reserved, 32, 24);

SIZE(usertime_target, 32);
AT(usertime_target, pid, 0, 4);
AT(usertime_target, flags, 4, 4);
AT(usertime_target, start, 8, 8);
AT(usertime_target, reserved, 16, 16);

SIZE(usertime_record, 64);
AT(usertime_record, time, 0, 8);
AT(usertime_record, start, 8, 8);
AT(usertime_record, user, 16, 8);
AT(usertime_record, system, 24, 8);
AT(usertime_record, minor_faults, 32, 8);
AT(usertime_record, major_faults, 40, 8);
AT(usertime_record, lost_samples, 32, 4);
AT(usertime_record, lost_exits, 36, 4);
AT(usertime_record, lost_events, 40, 4);
AT(usertime_record, lost_children, 44, 4);
AT(usertime_record, parent_start, 16, 8);
AT(usertime_record, parent_pid, 24, 4);
AT(usertime_record, name, 16, 16);
AT(usertime_record, pid, 48, 4);
AT(usertime_record, threads, 52, 4);
AT(usertime_record, type, 56, 1);
AT(usertime_record, split, 57, 1);
AT(usertime_record, flags, 58, 2);
AT(usertime_record, samples, 60, 4);

SIZE(usertime_consumer, 4);
AT(usertime_consumer, tail, 0, 4);

SIZE(usertime_producer, 72);
AT(usertime_producer, head, 0, 4);
AT(usertime_producer, targets, 4, 4);
AT(usertime_producer, missed_periods, 8, 8);
AT(usertime_producer, lost_samples, 16, 8);
AT(usertime_producer, lost_exits, 24, 8);
AT(usertime_producer, lost_user, 32, 8);
AT(usertime_producer, lost_system, 40, 8);
AT(usertime_producer, lost_events, 48, 8);
AT(usertime_producer, lost_children, 56, 8);
AT(usertime_producer, refreshes, 64, 8);

IS(USERTIME_IOC_INFO, 0x8070e800);
IS(USERTIME_IOC_SETUP, 0xc038e801);
IS(USERTIME_IOC_ADD, 0xc020e802);
IS(USERTIME_IOC_REMOVE, 0xc020e803);
IS(USERTIME_IOC_SAMPLE, 0xe804);

IS(USERTIME_SETUP_FOLLOW, 1);
IS(USERTIME_SETUP_WAKE_EXIT, 2);
IS(USERTIME_RECORD_SAMPLE, 1);
IS(USERTIME_RECORD_EXIT, 2);
IS(USERTIME_RECORD_FORK, 3);
IS(USERTIME_RECORD_EXEC, 4);
IS(USERTIME_RECORD_LOST, 5);
IS(USERTIME_SPLIT_NONE, 0);
IS(USERTIME_SPLIT_TICK, 1);
IS(USERTIME_SPLIT_CONTEXT, 2);
IS(USERTIME_SPLIT_PRECISE, 3);
IS(USERTIME_FLAG_ESTIMATED, 1);
IS(USERTIME_FLAG_STALE, 2);
IS(USERTIME_FLAG_REFUSED, 4);
IS(USERTIME_FLAG_UNSEEN, 8);
IS(USERTIME_WRITE_MAX, 4096);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers as text, two digits at a time and straight to where they belong.
 *
 * seq_put_decimal_ull() writes them backwards and then turns them round byte by byte, which is most
 * of what a line of /proc/urt/status would cost.
 */
#ifndef URT_DECIMAL_H
#define URT_DECIMAL_H

#include <linux/bitops.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/types.h>

#define URT_DECIMAL_MAX	20		/* digits of a u64 */

/* Every number of two digits. */
#define URT_TEN(d)	#d "0" #d "1" #d "2" #d "3" #d "4" #d "5" #d "6" #d "7" #d "8" #d "9"
static const char urt_pairs[] =
	URT_TEN(0) URT_TEN(1) URT_TEN(2) URT_TEN(3) URT_TEN(4)
	URT_TEN(5) URT_TEN(6) URT_TEN(7) URT_TEN(8) URT_TEN(9);

/* The smallest number of more than so many digits; of 0 digits, any. */
static const u64 urt_powers_of_ten[] = {
	0ULL, 10ULL, 100ULL, 1000ULL, 10000ULL, 100000ULL, 1000000ULL, 10000000ULL, 100000000ULL,
	1000000000ULL, 10000000000ULL, 100000000000ULL, 1000000000000ULL, 10000000000000ULL,
	100000000000000ULL, 1000000000000000ULL, 10000000000000000ULL, 100000000000000000ULL,
	1000000000000000000ULL, 10000000000000000000ULL,
};

/* 1233 / 4096 is close enough to log10(2): n is right, or one too small. */
static __always_inline unsigned int urt_digits(u64 value)
{
	unsigned int n = fls64(value | 1) * 1233 >> 12;

	return n + (value >= urt_powers_of_ten[n]);
}

static __always_inline char *urt_put_pair(char *end, u32 pair)
{
	return memcpy(end - 2, &urt_pairs[2 * pair], 2);
}

/* Writes @value at @to, without a NUL; returns the end. Divisions of 32 bits are cheaper. */
static __always_inline char *urt_put_decimal(char *to, u64 value)
{
	char *end = to + urt_digits(value), *p = end;
	u32 low;
	int i;

	while (value >= 100000000) {
		value = div_u64_rem(value, 100000000, &low);
		for (i = 0; i < 4; i++, low /= 100)
			p = urt_put_pair(p, low % 100);
	}
	for (low = value; low >= 100; low /= 100)
		p = urt_put_pair(p, low % 100);
	if (low >= 10)
		urt_put_pair(p, low);
	else
		p[-1] = '0' + low;
	return end;
}

#endif

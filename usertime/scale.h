/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * a * b / c without losing the upper half of the product.
 *
 * The kernel's own mul_u64_u64_div_u64() cannot be used: it is not exported everywhere, and some
 * versions lose precision. This header needs nothing but u64 and is unit-tested outside the kernel.
 */
#ifndef URT_SCALE_H
#define URT_SCALE_H

/*
 * floor(a * b / c) for a <= c and 0 < c < 2^62, a bit of b at a time: the remainder stays below c,
 * so twice the remainder plus a is below 3c and fits, and each bit gives a digit from 0 to 2.
 */
static inline u64 urt_mul_div_generic(u64 a, u64 b, u64 c)
{
	u64 quotient = 0, remainder = 0;
	int bit;

	/* Most often so: no tick has met kernel code. */
	if (!a)
		return 0;
	for (bit = b ? 63 - __builtin_clzll(b) : -1; bit >= 0; bit--) {
		quotient <<= 1;
		remainder = (remainder << 1) + (b >> bit & 1 ? a : 0);
		while (remainder >= c) {
			remainder -= c;
			quotient++;
		}
	}
	return quotient;
}

#ifdef __x86_64__
/* The quotient is at most b, so the division cannot overflow (which would trap). */
static inline u64 urt_mul_div_x86(u64 a, u64 b, u64 c)
{
	u64 quotient = a, remainder;

	/* a * b in rdx:rax, divided by c. */
	asm("mulq %[b]\n\tdivq %[c]"
	    : "+&a" (quotient), "=&d" (remainder) : [b] "rm" (b), [c] "rm" (c) : "cc");
	return quotient;
}

#define urt_mul_div urt_mul_div_x86
#else
#define urt_mul_div urt_mul_div_generic
#endif

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* usertime/scale.h against the compiler's own 128-bit arithmetic. */
#include <stdint.h>

#include "tap.h"

typedef uint64_t u64;

#include "scale.h"

typedef u64 mul_div(u64 a, u64 b, u64 c);

/* c is below this bound (so a is, too). */
#define BOUND (1ULL << 62)

static u64 wanted(u64 a, u64 b, u64 c)
{
	return (unsigned __int128)a * b / c;
}

static bool agrees(mul_div *function, u64 a, u64 b, u64 c)
{
	u64 got = function(a, b, c);

	if (got == wanted(a, b, c))
		return true;
	printf("# %#llx * %#llx / %#llx = %#llx, not %#llx\n", (unsigned long long)a,
	       (unsigned long long)b, (unsigned long long)c, (unsigned long long)wanted(a, b, c),
	       (unsigned long long)got);
	return false;
}

/* xorshift64: the same numbers in every run. */
static u64 next_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static bool agrees_at_edges(mul_div *function)
{
	static const u64 near[] = { 1, 3, 1000, 1ULL << 31, 1ULL << 32, 1ULL << 33, 1000000000,
				    BOUND - 1, BOUND, 1ULL << 63, UINT64_MAX - 1 };
	u64 edges[3 * sizeof(near) / sizeof(near[0])];
	const unsigned int n = sizeof(edges) / sizeof(edges[0]);
	unsigned int a, b, c, i;

	for (i = 0; i < n; i++)
		edges[i] = near[i / 3] + i % 3 - 1;
	for (c = 0; c < n; c++) {
		if (!edges[c] || edges[c] >= BOUND)
			continue;
		for (a = 0; a < n; a++)
			for (b = 0; b < n && edges[a] <= edges[c]; b++)
				if (!agrees(function, edges[a], edges[b], edges[c]))
					return false;
	}
	return true;
}

/* All magnitudes alike, as real times are far from 2^62. */
static bool agrees_at_random(mul_div *function)
{
	u64 state = 0x9e3779b97f4a7c15;
	int i;

	for (i = 0; i < 300000; i++) {
		u64 c = next_random(&state) >> (2 + next_random(&state) % 62);
		u64 b = next_random(&state) >> next_random(&state) % 64;
		u64 a = next_random(&state);

		if (!c)
			continue;
		a %= c + 1;
		if (!agrees(function, a, b, c))
			return false;
	}
	return true;
}

static void test(mul_div *function, const char *name)
{
	ok(function(1, 10, 3) == 3, "%s rounds down", name);
	ok(function(2, 10, 3) == 6, "%s rounds down above a half", name);
	ok(function(0, UINT64_MAX, 1) == 0, "%s of zero is zero", name);
	ok(function(BOUND - 1, UINT64_MAX, BOUND - 1) == UINT64_MAX, "%s of the whole is the whole",
	   name);
	ok(agrees_at_edges(function), "%s agrees with 128 bits at the edges", name);
	ok(agrees_at_random(function), "%s agrees with 128 bits at random values", name);
}

int main(void)
{
	test(urt_mul_div_generic, "the generic variant");
#ifdef __x86_64__
	test(urt_mul_div_x86, "the x86 variant");
#endif
	test(urt_mul_div, "what the module uses");
	return tap_done();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* test_format.c - numbers in few characters, text that cannot hurt a terminal, widths and cuts. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/format.h"

#define CHECK(expected, call)                                                                                \
	do {                                                                                                 \
		struct buf out = {0};                                                                        \
                                                                                                             \
		call;                                                                                        \
		assert_string_equal(buf_str(&out), expected);                                                \
		buf_done(&out);                                                                              \
	} while (0)

static void test_bytes(void **state)
{
	CHECK("0", format_bytes(&out, 0));
	CHECK("1", format_bytes(&out, 1));
	CHECK("1023", format_bytes(&out, 1023));
	CHECK("1.0K", format_bytes(&out, 1024));
	CHECK("1.5K", format_bytes(&out, 1536));
	CHECK("9.9K", format_bytes(&out, 10137));
	CHECK("10K", format_bytes(&out, 10240));
	CHECK("999K", format_bytes(&out, 999 * 1024));
	CHECK("1.0M", format_bytes(&out, 1023 * 1024));
	CHECK("118M", format_bytes(&out, 123456789));
	CHECK("16E", format_bytes(&out, 18446744073709551615.0));
}

static void test_count(void **state)
{
	CHECK("0", format_count(&out, 0));
	CHECK("0.3", format_count(&out, 0.3));
	CHECK("0.02", format_count(&out, 0.02));
	CHECK("7", format_count(&out, 7));
	CHECK("999", format_count(&out, 999));
	CHECK("1.0K", format_count(&out, 1000));
	CHECK("12K", format_count(&out, 12345));
	CHECK("412K", format_count(&out, 412000));
	CHECK("1.0M", format_count(&out, 999999));
}

/* Whatever comes, a byte or call count takes at most five cells. */
/* What is fast says what printf() says, at ties and beside them above all. */
static void test_fixed(void **state)
{
	static const double steps[] = {0.5, 0.25, 0.05, 0.01, 0.005, 1.0 / 3, 1.0 / 1024};
	struct buf b = {0};
	char want[400];
	uint64_t seed = 1;

	for (unsigned i = 0; i < 300000; i++) {
		double v = steps[i % 7] * (i / 7 % 20001) * (i % 2 ? 1 : -1);

		if (i % 5 == 0) { /* any bits at all */
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			memcpy(&v, &seed, sizeof(v));
		} else if (i % 5 == 1) {
			v = nextafter(v, i % 3 ? INFINITY : -INFINITY);
		}
		for (unsigned decimals = 0; decimals <= 2; decimals++) {
			buf_reset(&b);
			buf_add_fixed(&b, v, decimals);
			snprintf(want, sizeof(want), "%.*f", (int)decimals, v);
			if (strcmp(buf_str(&b), want) != 0)
				fail_msg("%a, %u decimals: %s, not %s", v, decimals, buf_str(&b), want);
		}
		buf_reset(&b);
		buf_addi(&b, (int64_t)seed >> i % 64);
		snprintf(want, sizeof(want), "%lld", (long long)((int64_t)seed >> i % 64));
		assert_string_equal(buf_str(&b), want);
	}
	buf_reset(&b);
	buf_addi(&b, INT64_MIN);
	assert_string_equal(buf_str(&b), "-9223372036854775808");
	buf_addf(&b, "%s", "");
	for (unsigned i = 0; i < 200; i++) /* text that just fits, and text that does not */
		buf_addf(&b, "%u,", i);
	assert_int_equal(strlen(buf_str(&b)), 20 + 10 * 2 + 90 * 3 + 100 * 4);
	assert_int_equal(b.len, strlen(buf_str(&b)));
	buf_done(&b);
}

static void test_number_width(void **state)
{
	for (double v = 0.001; v < 1e20; v *= 1.07) {
		struct buf out = {0};

		format_bytes(&out, v);
		assert_true(out.len <= 5);
		buf_reset(&out);
		format_count(&out, v);
		assert_true(out.len <= 5);
		buf_reset(&out);
		format_ns(&out, v, true);
		if (v < 1e18)
			assert_true(out.len <= 6);
		buf_done(&out);
	}
}

static void test_ns(void **state)
{
	CHECK("0ns", format_ns(&out, 0, false));
	CHECK("812ns", format_ns(&out, 812, false));
	CHECK("1.0us", format_ns(&out, 1000, true));
	CHECK("4.1µs", format_ns(&out, 4100, false));
	CHECK("12.0ms", format_ns(&out, 12e6, false));
	CHECK("180ms", format_ns(&out, 180e6, false));
	CHECK("3.2s", format_ns(&out, 3.2e9, false));
	CHECK("41.0s", format_ns(&out, 41e9, false));
	CHECK("1m00", format_ns(&out, 60e9, false));
	CHECK("59m59", format_ns(&out, 3599e9, false));
	CHECK("1h02", format_ns(&out, 3720e9, false));
	CHECK("2d03h", format_ns(&out, (2 * 86400 + 3 * 3600) * 1e9, false));
	CHECK("1.0ms", format_ns(&out, 999999, false)); /* no "1000µs" */
}

static void test_value(void **state)
{
	struct value missing = {.kind = V_MISSING}, i = {.kind = V_INT, .i = 123456}, ip = {.kind = V_IP};
	struct value neg = {.kind = V_INT, .i = -20}, text = {.kind = V_STRING};

	text.s = "a\x1b[31mb";
	ip.ip.family = 2;
	memcpy(ip.ip.addr, "\x0a\x00\x03\x04", 4);
	CHECK("–", format_value(&out, &missing, UNIT_BYTES, false));
	CHECK("-", format_value(&out, &missing, UNIT_BYTES, true));
	CHECK("123456", format_value(&out, &i, UNIT_ID, false));
	CHECK("123456", format_value(&out, &i, UNIT_PORT, false));
	CHECK("123K", format_value(&out, &i, UNIT_COUNT, false));
	CHECK("121K", format_value(&out, &i, UNIT_BYTES, false));
	CHECK("123µs", format_value(&out, &i, UNIT_NS, false));
	CHECK("-20", format_value(&out, &neg, UNIT_ID, false));
	CHECK("10.0.3.4", format_value(&out, &ip, UNIT_NONE, false));
	CHECK("a\\x1b[31mb", format_value(&out, &text, UNIT_NONE, false));
}

static void safe(const char *in, size_t len, const char *expected)
{
	struct buf out = {0};

	format_safe(&out, in, len);
	assert_string_equal(buf_str(&out), expected);
	buf_done(&out);
}

static void test_safe(void **state)
{
	safe("plain text/with.ascii", 21, "plain text/with.ascii");
	safe("\x1b]0;title\x07", 10, "\\x1b]0;title\\x07");
	safe("a\nb\tc\r", 6, "a\\x0ab\\x09c\\x0d");
	safe("a\0b", 3, "a\\x00b");
	safe("\x7f", 1, "\\x7f");
	safe("ärger 日本 🦀", strlen("ärger 日本 🦀"), "ärger 日本 🦀");
	safe("\xc2\x9b"
	     "31m",
	     5, "\\u{009b}31m"); /* CSI in one character */
	safe("a\xe2\x80\xae"
	     "cod.exe",
	     11, "a\\u{202e}cod.exe");          /* right-to-left override */
	safe("a\xe2\x80\x8b", 4, "a\\u{200b}"); /* zero width space */
	safe("\xef\xbb\xbf", 3, "\\u{feff}");
	safe("\xff\xfe", 2, "\\xff\\xfe");
	safe("\xc0\xaf", 2, "\\xc0\\xaf");                   /* overlong slash */
	safe("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");          /* surrogate */
	safe("\xe6\x97", 2, "\\xe6\\x97");                   /* cut */
	safe("\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"); /* beyond U+10FFFF */
}

/* Whatever bytes come in, what comes out is printable and as wide as it says. */
static void test_safe_random(void **state)
{
	uint64_t x = 88172645463325252ULL;

	for (int round = 0; round < 2000; round++) {
		char in[40], *again;
		struct buf out = {0}, twice = {0};

		for (size_t i = 0; i < sizeof(in); i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			in[i] = (char)x;
		}
		format_safe(&out, in, sizeof(in));
		for (size_t i = 0; i < out.len; i++)
			assert_true((unsigned char)out.data[i] >= 0x20 && out.data[i] != 0x7f);
		again = strdup(buf_str(&out));
		format_safe(&twice, again, strlen(again));
		assert_string_equal(buf_str(&twice), again);
		assert_true(format_width(again) <= strlen(again));
		free(again);
		buf_done(&out);
		buf_done(&twice);
	}
}

static void test_width(void **state)
{
	size_t cells;

	assert_int_equal(format_width(""), 0);
	assert_int_equal(format_width("abc"), 3);
	assert_int_equal(format_width("ärger"), 5);
	assert_int_equal(format_width("日本"), 4);
	assert_int_equal(format_width("🦀"), 2);
	assert_int_equal(format_width("▁▂▃"), 3);
	assert_int_equal(format_width("e\xcc\x81"), 1); /* e and a combining acute */
	assert_int_equal(format_fit("日本語", 5, &cells), 6);
	assert_int_equal(cells, 4);
	assert_int_equal(format_fit("abc", 2, &cells), 2);
	assert_int_equal(format_fit("abc", 9, &cells), 3);
	assert_int_equal(cells, 3);
}

static void test_cut(void **state)
{
	CHECK("abc", format_cut(&out, "abc", 3, false, false));
	CHECK("ab…", format_cut(&out, "abcd", 3, false, false));
	CHECK("ab~", format_cut(&out, "abcd", 3, false, true));
	CHECK("…", format_cut(&out, "abcd", 1, false, false));
	CHECK("", format_cut(&out, "abcd", 0, false, false));
	CHECK("/var/lib…/2619",
	      format_cut(&out, "/var/lib/postgresql/15/main/base/16384/2619", 14, true, false));
	CHECK("…rylongname.txt", format_cut(&out, "/a/averyverylongname.txt", 15, true, false));
	CHECK("日…", format_cut(&out, "日本語", 4, false, false));
	for (size_t cells = 0; cells < 30; cells++) {
		struct buf out = {0};

		format_cut(&out, "/日本語/ディレクトリ/файл.txt", cells, true, false);
		assert_true(format_width(buf_str(&out)) <= cells);
		buf_done(&out);
	}
}

static void test_json(void **state)
{
	CHECK("\"a\\\"b\\\\c\"", format_json_string(&out, "a\"b\\c"));
	CHECK("\"a\\nb\\u001b\\u0007\"", format_json_string(&out, "a\nb\x1b\x07"));
	CHECK("\"日\"", format_json_string(&out, "日"));
	CHECK("\"a\xef\xbf\xbd\"", format_json_string(&out, "a\xff"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),        cmocka_unit_test(test_count),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_number_width), cmocka_unit_test(test_ns),
		cmocka_unit_test(test_value),        cmocka_unit_test(test_safe),
		cmocka_unit_test(test_safe_random),  cmocka_unit_test(test_width),
		cmocka_unit_test(test_cut),          cmocka_unit_test(test_json),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

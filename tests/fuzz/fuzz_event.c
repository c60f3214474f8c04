/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_event.c - whatever a call's record holds, its text can do nothing to a terminal.
 *
 * Input: options, system call, result, arguments, then blobs: argument, part, length, data.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/decode.h"
#include "core/event_build.h"
#include "fuzz/safe_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at;
	size_t left;
};

/* The next n bytes, zeros behind the end. */
static uint64_t take(struct input *in, size_t n)
{
	uint64_t v = 0;

	if (n > in->left)
		n = in->left;
	memcpy(&v, in->at, n);
	in->at += n;
	in->left -= n;
	return v;
}

static struct spy_hdr *make_record(struct input *in)
{
	struct spy_hdr head = {.hdr.type = META_SPY};
	size_t room = sizeof(head) + WIRE_BLOBS_MAX * (sizeof(struct spy_blob) + 8) + in->left,
	       size = sizeof(head);
	char *rec = calloc(1, room);
	uint8_t shape;

	head.rec.nr = (uint16_t)take(in, 2);
	head.rec.ret = (int64_t)(int32_t)take(in, 4);
	shape = (uint8_t)take(in, 1);
	head.rec.phase = shape & 1;
	/* most arguments are small numbers */
	for (int i = 0; i < 6; i++)
		head.rec.args[i] = shape & 2 ? take(in, 8) : (uint64_t)(int64_t)(int16_t)take(in, 2);
	memcpy(head.rec.comm, "\033[2Jfuzz", 8);
	while (in->left && head.rec.n_blobs < WIRE_BLOBS_MAX) {
		struct spy_blob b = {.addr = 0x1000};
		uint8_t which = (uint8_t)take(in, 1);

		b.arg = which & 7;
		b.part = which >> 3 & 7;
		b.fault = which >> 7;
		b.len = (uint32_t)take(in, 2);
		if (b.len > in->left)
			b.len = (uint32_t)in->left;
		b.full = b.len + (take(in, 1) & 3);
		if (b.len > in->left)
			b.len = (uint32_t)in->left;
		memcpy(rec + size, &b, sizeof(b));
		size += sizeof(b);
		memcpy(rec + size, in->at, b.len);
		in->at += b.len;
		in->left -= b.len;
		size += (b.len + 7u) & ~7u;
		head.rec.n_blobs++;
	}
	head.hdr.size = head.rec.size = (uint32_t)size;
	memcpy(rec, &head, sizeof(head));
	return realloc(rec, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint64_t options = take(&in, 2);
	struct decode_options opt = {.flags = options & 15, .strsize = (unsigned)(options >> 4)};
	bool ascii = opt.flags & DECODE_ASCII;
	struct spy_hdr *rec = make_record(&in);
	struct objtable *names = objtable_new(16);
	struct event *ev = event_build(rec, 0, names, NULL, NULL);
	struct buf out = {0};

	decode_call(ev, &opt, &out);
	buf_addc(&out, ' ');
	decode_result(ev, &opt, &out);
	for (int i = 0; i < 6; i++)
		decode_arg(ev, i, &opt, &out);
	safe_text_check(&out, ascii, false);
	buf_done(&out);
	decode_payload(ev, ECHO_HEX, &out);
	decode_payload(ev, ECHO_TEXT, &out);
	safe_text_check(&out, false, true);
	buf_done(&out);
	decode_payload(ev, ECHO_RAW, &out);
	buf_done(&out);
	event_free(ev);
	objtable_free(names);
	free(rec);
	return 0;
}

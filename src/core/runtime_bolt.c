/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/runtime_bolt.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"

enum {
	PAGE_HEADER = 16, /* id u64, flags u16, count u16, overflow u32 */
	ELEMENT = 16,
	BUCKET_HEADER = 16, /* root u64, sequence u64 */
	FLAG_BRANCH = 1,
	FLAG_LEAF = 2,
	DEPTH_MAX = 32,
	PAGE_MAX = 4 << 20, /* bytes of one page with what overflows */
	PAGES_MAX = 4096,   /* read for one answer */
	TRIES = 3,
};

static const uint32_t magic = 0xED0CDAED;

struct db {
	int fd;
	uint32_t page_size;
	uint64_t root, txid;
	size_t pages; /* read so far */
};

struct page {
	unsigned char *data;
	size_t size;
	bool owned;
};

struct slice {
	const unsigned char *data;
	size_t len;
};

struct walk {
	struct db *db;
	bolt_fn fn;
	void *userdata;
};

static uint64_t get(const unsigned char *p, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

/* The meta page with the higher transaction whose checksum (FNV-1a) is right. */
static int open_db(int fd, struct db *ret)
{
	*ret = (struct db){.fd = fd};
	for (int i = 0; i < 2; i++) {
		/* the second one is behind a page of a size that only the first one tells */
		size_t at = i ? (ret->page_size ? ret->page_size : 4096) : 0;
		unsigned char m[PAGE_HEADER + 64];
		const unsigned char *p = m + PAGE_HEADER;
		uint64_t sum = 0xcbf29ce484222325ULL;

		if (pread(fd, m, sizeof(m), (off_t)at) != (ssize_t)sizeof(m) || get(p, 4) != magic ||
		    get(p + 4, 4) != 2)
			continue;
		for (size_t k = 0; k < 56; k++)
			sum = (sum ^ p[k]) * 0x100000001b3ULL;
		if (get(p + 56, 8) != sum || (ret->page_size && get(p + 48, 8) <= ret->txid))
			continue;
		ret->page_size = (uint32_t)get(p + 8, 4);
		ret->root = get(p + 16, 8);
		ret->txid = get(p + 48, 8);
	}
	if (ret->page_size < 512 || ret->page_size > 65536)
		return -EBADMSG;
	return 0;
}

static void page_done(struct page *p)
{
	if (p->owned)
		free(p->data);
}

static int page_read(struct db *db, uint64_t id, struct page *ret)
{
	unsigned char head[PAGE_HEADER];
	uint64_t at = id * db->page_size, size;

	if (!id || id > UINT32_MAX || ++db->pages > PAGES_MAX)
		return -EBADMSG;
	if (pread(db->fd, head, sizeof(head), (off_t)at) != (ssize_t)sizeof(head) || get(head, 8) != id)
		return -EBADMSG;
	size = (get(head + 12, 4) + 1) * db->page_size;
	if (size > PAGE_MAX)
		return -EFBIG;
	*ret = (struct page){xmalloc(size), size, true};
	if (pread(db->fd, ret->data, size, (off_t)at) != (ssize_t)size) {
		page_done(ret);
		return -EBADMSG;
	}
	return 0;
}

static size_t count_of(const struct page *p)
{
	size_t n = (size_t)get(p->data + 10, 2), room = (p->size - PAGE_HEADER) / ELEMENT;

	return n < room ? n : room;
}

static bool is_branch(const struct page *p)
{
	return get(p->data + 8, 2) & FLAG_BRANCH;
}

/* Key and value of an element, false if they are not inside the page. */
static bool element(const struct page *p, size_t i, struct slice *key, struct slice *value, uint64_t *extra)
{
	size_t at = PAGE_HEADER + i * ELEMENT, pos, ksize, vsize;
	const unsigned char *e = p->data + at;

	if (is_branch(p)) { /* pos u32, ksize u32, page u64 */
		pos = (size_t)get(e, 4);
		ksize = (size_t)get(e + 4, 4);
		vsize = 0;
		*extra = get(e + 8, 8);
	} else { /* flags u32, pos u32, ksize u32, vsize u32 */
		*extra = get(e, 4);
		pos = (size_t)get(e + 4, 4);
		ksize = (size_t)get(e + 8, 4);
		vsize = (size_t)get(e + 12, 4);
	}
	if (pos > p->size - at || ksize > p->size - at - pos || vsize > p->size - at - pos - ksize)
		return false;
	*key = (struct slice){e + pos, ksize};
	*value = (struct slice){e + pos + ksize, vsize};
	return true;
}

static int compare(const struct slice *a, const char *key)
{
	size_t len = strlen(key), n = a->len < len ? a->len : len;
	int r = memcmp(a->data, key, n);

	return r ? r : a->len < len ? -1 : a->len > len;
}

/* The page that a bucket's value leads to: elsewhere, or inline behind the header. */
static int bucket_page(struct db *db, const struct slice *value, struct page *ret)
{
	uint64_t root;

	if (value->len < BUCKET_HEADER)
		return -EBADMSG;
	root = get(value->data, 8);
	if (root)
		return page_read(db, root, ret);
	if (value->len < BUCKET_HEADER + PAGE_HEADER)
		return -EBADMSG;
	*ret = (struct page){xmalloc(value->len - BUCKET_HEADER), value->len - BUCKET_HEADER, true};
	memcpy(ret->data, value->data + BUCKET_HEADER, ret->size);
	return 0;
}

/* Goes down from *p, which is used up, to the bucket `name` and loads its first page. */
static int find_bucket(struct db *db, struct page *p, const char *name, struct page *ret)
{
	int r = -EBADMSG;

	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		bool branch = is_branch(p);
		struct slice key, value;
		uint64_t extra, down = 0;

		r = -ENOENT;
		for (size_t i = 0, n = count_of(p); i < n; i++) {
			int order;

			if (!element(p, i, &key, &value, &extra)) {
				r = -EBADMSG;
				break;
			}
			order = compare(&key, name);
			if (branch && order > 0 && i)
				break;
			if (branch)
				down = extra;
			else if (order == 0 && extra & 1)
				r = bucket_page(db, &value, ret);
			if (!branch && order >= 0)
				break;
		}
		page_done(p);
		*p = (struct page){0};
		if (!branch || !down || r != -ENOENT)
			return r;
		r = page_read(db, down, p);
		if (r < 0)
			return r;
	}
	page_done(p);
	return -EBADMSG;
}

static int visit(struct walk *w, const struct page *p, int depth)
{
	struct slice key, value;
	uint64_t extra;
	int r = 0;

	for (size_t i = 0, n = count_of(p); i < n && r == 0; i++) {
		struct page kid;

		if (!element(p, i, &key, &value, &extra))
			return -EBADMSG;
		if (!is_branch(p)) {
			w->fn((const char *)key.data, key.len, (const char *)value.data,
			      extra & 1 ? 0 : value.len, extra & 1, w->userdata);
			continue;
		}
		if (depth == DEPTH_MAX)
			return -EBADMSG;
		r = page_read(w->db, extra, &kid);
		if (r == 0) {
			r = visit(w, &kid, depth + 1);
			page_done(&kid);
		}
	}
	return r;
}

static int attempt(struct db *db, const char *const *path, size_t n, bolt_fn fn, void *userdata)
{
	struct walk w = {db, fn, userdata};
	struct page p, next;
	int r = page_read(db, db->root, &p);

	for (size_t i = 0; i < n && r == 0; i++) {
		r = find_bucket(db, &p, path[i], &next);
		p = next;
	}
	if (r < 0)
		return r;
	r = visit(&w, &p, 0);
	page_done(&p);
	return r;
}

int bolt_bucket(int fd, const char *const *path, size_t n, bolt_fn fn, void (*restart)(void *userdata),
		void *userdata)
{
	struct db db, after;
	int r = -EAGAIN;

	for (int i = 0; i < TRIES; i++) {
		r = open_db(fd, &db);
		if (r < 0)
			return r;
		if (i)
			restart(userdata);
		r = attempt(&db, path, n, fn, userdata);
		/* the one after the next transaction is the first that may write over pages of this one */
		if (open_db(fd, &after) == 0 && after.txid == db.txid)
			return r;
	}
	return r < 0 ? r : -EAGAIN;
}

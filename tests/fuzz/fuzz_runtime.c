/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_runtime.c - whatever lies where container runtimes keep their state: the first byte says whose, the
 * rest are the files' contents, one behind the other, divided by bytes 0xfe.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/runtime_bolt.h"
#include "core/runtime_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct layout {
	const char *type;
	int (*read)(struct runtime_query *q);
	const char *files[4];
} layouts[] = {
	{"docker",
	 runtime_read_docker,
	 {"var/lib/docker/containers/" ID "/config.v2.json",
	  "var/lib/docker/containers/" ID "/hostconfig.json",
	  "var/lib/docker/image/overlay2/repositories.json", "etc/docker/daemon.json"}},
	{"containerd",
	 runtime_read_containerd,
	 {"run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json",
	  "etc/containerd/config.toml"}},
	{"podman",
	 runtime_read_storage,
	 {"var/lib/containers/storage/overlay-containers/containers.json",
	  "run/containers/storage/overlay-containers/" ID "/userdata/config.json",
	  "etc/containers/storage.conf"}},
	{"runc", runtime_read_runc, {"run/runc/" ID "/state.json", "run/runc/" ID "/config.json"}},
	{"crun", runtime_read_crun, {"run/crun/" ID "/status", "run/crun/" ID "/config.json"}},
	{"lxc", runtime_read_lxc, {"var/lib/lxc/" ID "/config", "etc/lxc/lxc.conf"}},
	{"systemd", runtime_read_machined, {"run/systemd/machines/" ID}},
};
enum { LAYOUTS = sizeof(layouts) / sizeof(layouts[0]) };

static char root[64];

static void remove_root(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	if (system(command))
		_exit(1);
}

static void put(const char *path, const uint8_t *data, size_t size)
{
	char full[512];
	int fd;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *p = full + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(full, 0755);
		*p = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void use(const char *s, size_t *sum)
{
	*sum += s ? strlen(s) : 0;
}

static void read_as(const struct layout *l, const uint8_t *data, size_t size)
{
	struct runtime_query q = {
		.sys_root = root, .type = l->type, .id = ID, .cgroup = "/x/" ID, .arena = arena_new()};
	size_t sum = 0;

	for (size_t i = 0; i < 4 && l->files[i]; i++) {
		const uint8_t *end = size ? memchr(data, 0xfe, size) : NULL;
		size_t part = end ? (size_t)(end - data) : size;

		put(l->files[i], data, part);
		data += end ? part + 1 : part;
		size -= end ? part + 1 : part;
	}
	if (l->read(&q) == 0) { /* what it says are strings that end */
		use(q.meta.name, &sum);
		use(q.meta.image, &sum);
		for (size_t i = 0; i < q.meta.n_labels; i++)
			use(q.meta.labels[i], &sum);
		if (sum > (RUNTIME_FILES + 1) * (size_t)RUNTIME_FILE_MAX)
			abort();
	}
	arena_free(q.arena);
}

struct bucket {
	size_t keys, bytes;
};

static void on_key(const char *key, size_t key_len, const char *value, size_t value_len, bool is_bucket,
		   void *userdata)
{
	struct bucket *b = userdata;

	b->keys++;
	for (size_t i = 0; i < key_len; i++)
		b->bytes += (unsigned char)key[i] & 1;
	for (size_t i = 0; !is_bucket && i < value_len; i++)
		b->bytes += (unsigned char)value[i] & 1;
}

static void on_restart(void *userdata)
{
	*(struct bucket *)userdata = (struct bucket){0};
}

static void read_database(const uint8_t *data, size_t size)
{
	static const char *const path[] = {"v1", "k8s.io", "containers", ID, "labels"};
	struct bucket b = {0};
	int fd;

	put("database", data, size);
	for (size_t n = 1; n <= 5; n++) {
		char full[128];

		snprintf(full, sizeof(full), "%s/database", root);
		fd = open(full, O_RDONLY);
		bolt_bucket(fd, path, n, on_key, on_restart, &b);
		close(fd);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!*root) {
		snprintf(root, sizeof(root), "/dev/shm/ctop-fuzz-XXXXXX");
		if (!mkdtemp(root))
			abort();
		atexit(remove_root);
	}
	if (!size)
		return 0;
	if (*data % (LAYOUTS + 1) == LAYOUTS)
		read_database(data + 1, size - 1);
	else
		read_as(&layouts[*data % (LAYOUTS + 1)], data + 1, size - 1);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What runtimes keep on disk: files as found with real ones (tests/data/runtimes), and hostile ones. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/runtime.h"
#include "core/runtime_read.h"

#define DOCKER_ID "1c117ce39415b331045487b6ff680578b493f7e5e3dc199c2d87f06115551d9a"
#define POD_ID    "e06e0b7b1c2e4e72a03eb8d6939ee1ca0430dd68a33a3790fdd4a60b6d965e84"
#define WEB_ID    "36817225c0f790a787df6d6aed0747662538653c3fdab7a3ad69b6a1ccf739f6"
#define PODMAN_ID "684c6ffee58469220fdb70d42e0314fda0b0cc42b2cc24b6dd5b99bbcbec132d"
#define IDLE_ID   "acdb4dc8e511279b630c9015f98273e7e23d4014ebbfb588a9c656b7bb027ac6"
#define CRIO_ID   "bade3b6051d5c461230d3b120d525369b7dcdf4ae8a3890eb34a1bd64ac96c39"

#define DOCKER_DIR  "var/lib/docker/containers/" DOCKER_ID
#define DOCKER_FILE DOCKER_DIR "/config.v2.json"
#define TASKS       "run/containerd/io.containerd.runtime.v2.task"

#define DATABASE "var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db"

struct fixture {
	char root[64]; /* a copy of the data that tests may spoil */
	struct runtime_query q;
	struct runtime_list list;
};

__attribute__((format(printf, 1, 2))) static void sh(const char *fmt, ...)
{
	char command[4096];
	va_list ap;

	va_start(ap, fmt);
	assert_in_range(vsnprintf(command, sizeof(command), fmt, ap), 1, sizeof(command) - 1);
	va_end(ap);
	assert_int_equal(system(command), 0);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	strcpy(f->root, "/tmp/ctop-runtime-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	sh("cp -r tests/data/runtimes/. %s && gunzip %s/" DATABASE ".gz", f->root, f->root);
	f->q.arena = arena_new();
	f->q.lists = &f->list;
	f->q.sys_root = f->root;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	sh("rm -rf %s", f->root);
	arena_free(f->q.arena);
	runtime_list_done(&f->list);
	free(f);
	return 0;
}

static int read_one(struct fixture *f, const char *type, const char *id, const char *cgroup)
{
	f->q.type = type;
	f->q.id = id;
	f->q.cgroup = cgroup;
	return runtime_read(&f->q);
}

static const struct container_meta *good(struct fixture *f, const char *type, const char *id,
					 const char *cgroup)
{
	assert_int_equal(read_one(f, type, id, cgroup), 0);
	return &f->q.meta;
}

static void assert_docker(const struct container_meta *m)
{
	assert_non_null(m);
	assert_non_null(m->name);
	assert_string_equal(m->name, "shop-web");
	assert_string_equal(m->type, "docker");
	assert_string_equal(m->image, "acme/shop-web:3.2");
	assert_string_equal(m->image_id, "38413285debe1e968418ef6f0b75931b56a2f23a9e25d79c06f1432014263731");
	assert_string_equal(m->ip, "172.17.0.2");
	assert_int_equal(m->n_labels, 2);
	assert_string_equal(m->labels[0], "com.docker.compose.project=shop");
	assert_string_equal(m->labels[1], "com.docker.compose.service=web");
	assert_int_equal(m->restarts, 0);
	assert_null(m->health);
	assert_null(m->pod_name);
	assert_int_equal(m->created, 1795225102481752931u);
	assert_int_equal(m->started, 1795225102807811565u);
}

static void docker(void **state)
{
	struct fixture *f = *state;

	assert_docker(good(f, "docker", DOCKER_ID, "/docker/" DOCKER_ID));
	assert_int_equal(f->q.meta.privileged, 0);
	sh("cd %s/" DOCKER_DIR " && sed -i 's/\"Privileged\":false/\"Privileged\":true/' hostconfig.json",
	   f->root);
	assert_int_equal(good(f, "docker", DOCKER_ID, NULL)->privileged, 1);
	sh("cd %s/" DOCKER_DIR " && sed -i -e 's/\"Health\":null/\"Health\":{\"Status\":\"healthy\"}/' "
	   "-e 's/\"RestartCount\":0/\"RestartCount\":7/' -e "
	   "'s/\"MountPoints\":{}/\"MountPoints\":{\"\\/data\":"
	   "{\"Source\":\"\\/srv\\/x\",\"Destination\":\"\\/"
	   "data\",\"RW\":true,\"Propagation\":\"rprivate\"}}/' "
	   "config.v2.json",
	   f->root);
	good(f, "docker", DOCKER_ID, NULL);
	assert_string_equal(f->q.meta.health, "healthy");
	assert_int_equal(f->q.meta.restarts, 7);
	assert_int_equal(f->q.meta.n_mounts, 1);
	assert_string_equal(f->q.meta.mounts[0], "/srv/x:/data::true:rprivate");
	/* where a volume lies is not said */
	sh("cd %s/" DOCKER_DIR
	   " && sed -i 's/\"Source\":\"[^,]*\"/\"Source\":\"\",\"Name\":\"v1\",\"Driver\":\"local\"/' "
	   "config.v2.json",
	   f->root);
	assert_string_equal(good(f, "docker", DOCKER_ID, NULL)->mounts[0],
			    "/var/lib/docker/volumes/v1/_data:/data::true:rprivate");
	sh("cd %s/" DOCKER_DIR " && sed -i 's/\"v1\"/\"..\"/' config.v2.json", f->root);
	assert_string_equal(good(f, "docker", DOCKER_ID, NULL)->mounts[0], ":/data::true:rprivate");
}

static void docker_elsewhere(void **state)
{
	struct fixture *f = *state;

	/* a link that the administrator made */
	sh("cd %s && mkdir data && mv var/lib/docker data/ && ln -s /data/docker var/lib/docker", f->root);
	assert_docker(good(f, "docker", DOCKER_ID, NULL));
	/* daemon.json */
	sh("cd %s && rm var/lib/docker && mkdir -p etc/docker && echo '{\"data-root\":\"/data/docker\"}' "
	   "> etc/docker/daemon.json",
	   f->root);
	assert_docker(good(f, "docker", DOCKER_ID, NULL));
	/* an option of the daemon: only the task's mounts say it */
	sh("cd %s && rm etc/docker/daemon.json && sed -i s,/var/lib/docker/,/data/docker/,g " TASKS
	   "/moby/" DOCKER_ID "/config.json",
	   f->root);
	assert_docker(good(f, "docker", DOCKER_ID, NULL));
	/* rootless */
	sh("cd %s && mkdir -p etc home/ann/.local/share && mv data/docker home/ann/.local/share/ && "
	   "echo 'ann:x:1005:1005::/home/ann:/bin/sh' > etc/passwd",
	   f->root);
	assert_docker(good(f, "docker", DOCKER_ID,
			   "/user.slice/user-1005.slice/user@1005.service/user.slice/docker-" DOCKER_ID
			   ".scope"));
}

static void docker_by_digest(void **state)
{
	struct fixture *f = *state;

	sh("sed -i "
	   "'s,\"Image\":\"acme/"
	   "shop-web:3.2\",\"Image\":\"sha256:38413285debe1e968418ef6f0b75931b56a2f23a9e25"
	   "d79c06f1432014263731\",' %s/" DOCKER_FILE,
	   f->root);
	assert_docker(good(f, "docker", DOCKER_ID, NULL));
}

static void podman(void **state)
{
	struct fixture *f = *state;
	const struct container_meta *m = good(f, "podman", PODMAN_ID, "/libpod_parent/libpod-" PODMAN_ID);

	assert_string_equal(m->name, "web-1");
	assert_string_equal(m->type, "podman");
	assert_string_equal(m->image, "localhost/rt/loadgen:1.0");
	assert_string_equal(m->image_id, "f7f6e4bc685759550be66228ea326580ca0213d8e9df2cdd53789b24405255dc");
	assert_int_equal(m->privileged, 0);
	assert_int_equal(m->created, 1795224925859659939u);
	assert_true(m->n_mounts > 0);
	/* its neighbour has no bundle any more; the parsed list is used again */
	m = good(f, "podman", IDLE_ID, NULL);
	assert_string_equal(m->name, "idle-1");
	assert_int_equal(m->privileged, -1);
	assert_int_equal(read_one(f, "podman", WEB_ID, NULL), -ENOENT);
	/* renamed: the list is a new file */
	sh("cd %s/var/lib/containers/storage/overlay-containers && sed s/web-1/front/g containers.json > new "
	   "&& "
	   "mv new containers.json",
	   f->root);
	assert_string_equal(good(f, "podman", PODMAN_ID, NULL)->name, "front");
}

/* Labels and times are in libpod's database only. */
static void podman_database(void **state)
{
	struct fixture *f = *state;
	const char *id = "4c61a45e207d5643931c25a5e2262352d18f3f763490efd5b7974db352e0511a";
	const struct container_meta *m;

	sh("cd %s/var/lib/containers/storage && gunzip libpod/bolt_state.db.gz && sed -i s/" IDLE_ID "/%s/ "
	   "overlay-containers/containers.json",
	   f->root, id);
	m = good(f, "podman", id, NULL);
	assert_string_equal(m->name, "idle-1");
	assert_int_equal(m->n_labels, 2);
	assert_string_equal(m->labels[0], "org.example.image=load");
	assert_string_equal(m->labels[1], "team=shop");
	assert_int_equal(m->started, 1795254638201818325u);
	assert_int_equal(m->restarts, 0);
	/* of another container nothing is there */
	m = good(f, "podman", PODMAN_ID, NULL);
	assert_int_equal(m->started, UNKNOWN_U64);
	sh("truncate -s 9000 %s/var/lib/containers/storage/libpod/bolt_state.db", f->root);
	assert_string_equal(good(f, "podman", id, NULL)->name, "idle-1");
	/* Podman 5 has another one; what checks say is a file beside the container */
	sh("rm %s/var/lib/containers/storage/libpod/bolt_state.db", f->root);
	assert_null(good(f, "podman", id, NULL)->health);
	assert_int_equal(f->q.files[f->q.n_files - 1].stamp.mtime_ns, 0);
	sh("cd %s/run/containers/storage/overlay-containers && mkdir -p %s && echo "
	   "'{\"Status\":\"unhealthy\",\"Log\":[]}' > "
	   "%s/healthcheck.log",
	   f->root, id, id);
	assert_string_equal(good(f, "podman", id, NULL)->health, "unhealthy");
	sh("echo '{\"Status\":' > %s/run/containers/storage/overlay-containers/%s/healthcheck.log", f->root,
	   id);
	assert_null(good(f, "podman", id, NULL)->health);
}

static void podman_rootless(void **state)
{
	struct fixture *f = *state;
	const char *cgroup =
		"/user.slice/user-1005.slice/user@1005.service/user.slice/libpod-" PODMAN_ID ".scope";

	sh("cd %s && mkdir -p etc home/ann/.local/share/containers && mv var/lib/containers/storage "
	   "home/ann/.local/share/containers/ && echo "
	   "'root:x:0:0::/root:/bin/sh\nann:x:1005:1005::/home/ann:/bin/sh' "
	   "> etc/passwd",
	   f->root);
	assert_string_equal(good(f, "podman", PODMAN_ID, cgroup)->name, "web-1");
	/* a session without systemd's user manager */
	assert_string_equal(good(f, "podman", PODMAN_ID, "/libpod_parent/libpod-" PODMAN_ID)->name, "web-1");
	/* --rm containers are in a list of their own, in the run root */
	sh("cd %s && mkdir -p run/user/1005/containers/overlay-containers && "
	   "mv home/ann/.local/share/containers/storage/overlay-containers/containers.json "
	   "run/user/1005/containers/overlay-containers/volatile-containers.json",
	   f->root);
	assert_string_equal(good(f, "podman", PODMAN_ID, cgroup)->name, "web-1");
}

static void kubernetes_containerd(void **state)
{
	struct fixture *f = *state;
	const struct container_meta *m = good(f, "containerd", WEB_ID, "/kubepods/burstable/podx/" WEB_ID);

	assert_string_equal(m->name, "web");
	assert_string_equal(m->type, "containerd");
	assert_string_equal(m->image, "docker.io/rt/web:2.1");
	assert_string_equal(m->pod_name, "shop-7f9c6d-x2x4k");
	assert_string_equal(m->pod_ns, "prod");
	assert_string_equal(m->pod_uid, "5a1f6c1e-96f4-4e55-8b73-8f0a5f3f2c01");
	assert_string_equal(m->pod_container, "web");
	assert_string_equal(m->sandbox, POD_ID);
	assert_int_equal(m->privileged, 0);
	/* out of containerd's database */
	assert_int_equal(m->n_labels, 3);
	assert_string_equal(m->labels[0], "app=shop");
	assert_string_equal(m->labels[1], "io.kubernetes.container.name=web");
	assert_int_equal(m->n_pod_labels, 3);
	assert_string_equal(m->pod_labels[0], "app=shop");
	assert_string_equal(m->pod_labels[2], "tier=front");
	assert_false(m->is_sandbox);
	m = good(f, "containerd", POD_ID, NULL);
	assert_true(m->is_sandbox);
	assert_string_equal(m->pod_container, "POD");
	assert_string_equal(m->pod_name, "shop-7f9c6d-x2x4k");
}

static void kubernetes_crio(void **state)
{
	struct fixture *f = *state;
	const struct container_meta *m = good(f, "cri-o", CRIO_ID, "/kubepods/crio-" CRIO_ID);

	assert_string_equal(m->name, "web");
	assert_string_equal(m->type, "cri-o");
	assert_string_equal(m->image, "docker.io/rt/web:2.1");
	assert_string_equal(m->pod_name, "shop-abc");
	assert_string_equal(m->pod_ns, "prod");
	assert_string_equal(m->pod_uid, "a89d7bde-5317-4864-b01f-1a5fded63fa9");
	assert_int_equal(m->n_labels, 5);
	assert_string_equal(m->labels[0], "app=shop-abc");
}

static void containerd(void **state)
{
	struct fixture *f = *state;
	const struct container_meta *m = good(f, "containerd", "ctr-load", "/default/ctr-load");

	assert_string_equal(m->type, "containerd");
	assert_string_equal(m->image, "localhost/ctop/load:2.1");
	assert_int_equal(m->n_labels, 2); /* that of the image, too */
	assert_string_equal(m->labels[1], "team=shop");
	/* one of a page full: among branches */
	sh("cd %s/" TASKS "/default && cp -r ctr-load ctr-031", f->root);
	m = good(f, "containerd", "ctr-031", "/default/ctr-031");
	assert_int_equal(m->n_labels, 2);
	assert_string_equal(m->labels[0], "n=31");
	/* its root is elsewhere: the task's link says where */
	sh("cd %s && mkdir -p data && mv var/lib/containerd data/ && ln -s "
	   "/data/containerd/io.containerd.runtime.v2.task/default/ctr-load " TASKS "/default/ctr-load/work",
	   f->root);
	assert_string_equal(good(f, "containerd", "ctr-load", NULL)->image, "localhost/ctop/load:2.1");
	/* none: what the bundle says is left */
	sh("rm -r %s/data", f->root);
	m = good(f, "containerd", "ctr-load", NULL);
	assert_null(m->image);
	assert_int_equal(m->n_labels, 2);
	assert_string_equal(m->labels[0], "app=web");
}

/* Its containers have 64 digits for an id; the name that people gave is an annotation. */
static void nerdctl(void **state)
{
	struct fixture *f = *state;
	const struct container_meta *m;

	sh("mkdir -p %s/" TASKS "/shop/" IDLE_ID " && cd %s/" TASKS "/shop/" IDLE_ID
	   " && echo '{\"annotations\": {\"nerdctl/name\": \"shop-web\", \"nerdctl/namespace\": \"shop\", "
	   "\"team\": \"a\"}, \"mounts\": [{\"type\": \"bind\", \"source\": \"/srv\", \"destination\": "
	   "\"/data\", "
	   "\"options\": [\"rbind\", \"ro\"]}]}' > config.json",
	   f->root, f->root);
	m = good(f, "containerd", IDLE_ID, "/shop/" IDLE_ID);
	assert_string_equal(m->name, "shop-web");
	assert_string_equal(m->type, "containerd");
	assert_string_equal(m->runtime_ns, "shop");
	assert_int_equal(m->n_labels, 1); /* what nerdctl notes for itself is none */
	assert_string_equal(m->labels[0], "team=a");
	assert_int_equal(m->n_mounts, 1);
	assert_string_equal(m->mounts[0], "/srv:/data::false:");
}

/* Thousands of broken databases: an answer or none, but never a crash or a hang. */
static void hostile_database(void **state)
{
	struct fixture *f = *state;
	char *path = xasprintf("%s/" DATABASE, f->root);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	off_t size = lseek(fd, 0, SEEK_END);
	double start = seconds();

	srandom(1);
	assert_true(fd >= 0 && size > 4096);
	for (int i = 0; i < 3000; i++) {
		unsigned char old[8], new[8];
		off_t at = random() % 4 ? random() % 16 * 4096 + random() % 256 : random() % (size - 8);
		size_t n = 1 + (size_t)random() % 8;

		for (size_t k = 0; k < n; k++)
			new[k] = random() % 3 ? (unsigned char)random() : 0xff;
		assert_int_equal(pread(fd, old, n, at), n);
		assert_int_equal(pwrite(fd, new, n, at), n);
		good(f, "containerd", i % 2 ? "ctr-load" : POD_ID, NULL);
		if (i % 8) /* else let them add up */
			assert_int_equal(pwrite(fd, old, n, at), n);
	}
	assert_true(seconds() - start < 30);
	assert_int_equal(ftruncate(fd, 5000), 0);
	good(f, "containerd", "ctr-load", NULL);
	assert_int_equal(ftruncate(fd, 10), 0);
	good(f, "containerd", "ctr-load", NULL);
	close(fd);
	free(path);
}

static void by_hand(void **state)
{
	struct fixture *f = *state;
	const struct container_meta *m;

	m = good(f, "oci", "runc-load", "/runc-load");
	assert_string_equal(m->name, "runc-load");
	assert_string_equal(m->type, "runc");
	assert_int_equal(m->n_labels, 1);
	assert_string_equal(m->labels[0], "org.example.name=runc-load");
	assert_int_equal(m->created, 1795224867873491108u);
	m = good(f, "oci", "crun-load", "/crun-load");
	assert_string_equal(m->name, "crun-load");
	assert_string_equal(m->type, "crun");
	assert_int_equal(m->created, 1795224837777826000u);
	assert_int_equal(m->privileged, 0);
}

static void machines(void **state)
{
	struct fixture *f = *state;
	const struct container_meta *m = good(f, "lxc", "lxc-load", "/lxc.payload.lxc-load");

	assert_string_equal(m->name, "lxc-load");
	assert_int_equal(m->privileged, 1);
	assert_null(m->ip);
	sh("printf 'lxc.idmap = u 0 100000 65536\\nlxc.net.0.ipv4.address = 10.0.3.7/24\\nlxc.mount.entry = "
	   "/srv/a "
	   "mnt/a none bind,ro 0 0\\n#lxc.net.1.ipv4.address = 1.2.3.4\\n' >> %s/var/lib/lxc/lxc-load/config",
	   f->root);
	m = good(f, "lxc", "lxc-load", NULL);
	assert_int_equal(m->privileged, 0);
	assert_string_equal(m->ip, "10.0.3.7");
	assert_int_equal(m->n_mounts, 1);
	assert_string_equal(m->mounts[0], "/srv/a:/mnt/a::false:");
	m = good(f, "systemd-nspawn", "n1", "/machine.slice/machine-n1.scope");
	assert_string_equal(m->name, "n1");
	assert_string_equal(m->image, "n1");
	assert_int_equal(m->started, 1795227631092403000u);
}

/* ---- hostile ---- */

static void hostile_docker(void **state)
{
	static const struct {
		const char *how; /* shell, in the container's directory */
		int error;
	} cases[] = {
		{"rm config.v2.json; mkfifo config.v2.json", -EINVAL},
		{"rm config.v2.json; mkdir config.v2.json", -EINVAL},
		{"mv config.v2.json x; ln -s x config.v2.json", -ELOOP},
		{"mv config.v2.json ../../x; ln -s ../../x config.v2.json", -ELOOP},
		{"cd ..; mv " DOCKER_ID " ../x; ln -s ../x " DOCKER_ID, -ELOOP},
		{"cd ..; mv " DOCKER_ID " ../../../x; ln -s /var/x " DOCKER_ID, -ELOOP},
		{"rm config.v2.json; ln -s /proc/self/environ config.v2.json", -ELOOP},
		{"truncate -s 1000 config.v2.json", -EBADMSG},
		{"truncate -s 0 config.v2.json", -EBADMSG},
		{"truncate -s 5M config.v2.json", -EFBIG},
		{"truncate -s 5T config.v2.json 2>/dev/null || truncate -s 500G config.v2.json", -EFBIG},
		{"head -c 100000 /dev/zero | tr '\\0' '[' > config.v2.json", -EBADMSG},
		{"echo 'not JSON' > config.v2.json", -EBADMSG},
		{"rm config.v2.json", 0 /* the task's own bundle is left */},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double start;
		struct fixture *f;
		void *own;

		setup(&own);
		f = own;
		sh("rm -r %s/" TASKS "/moby/%s", f->root,
		   cases[i].error ? "*" : "nothing 2>/dev/null || true");
		sh("cd %s/" DOCKER_DIR " && { %s; }", f->root, cases[i].how);
		start = seconds();
		assert_int_equal(read_one(f, "docker", DOCKER_ID, NULL), cases[i].error);
		assert_true(seconds() - start < 1);
		teardown(&own);
	}
}

/* One that has more than its size says: it grows while it is read. */
static void hostile_growth(void **state)
{
	size_t len;
	char *text;

	assert_int_equal(safe_read("", "/proc", "cpuinfo", 1 << 20, &text, &len, NULL), 0);
	assert_true(len > 16);
	free(text);
	assert_int_equal(safe_read("", "/proc", "cpuinfo", 16, &text, &len, NULL), -EFBIG);
}

/* Wrong types everywhere: nothing but what is right is taken. */
static void hostile_types(void **state)
{
	static const char *const texts[] = {
		"[]",
		"{}",
		"null",
		"\"x\"",
		"{\"Name\":7,\"Config\":[],\"State\":\"x\",\"Image\":{}}",
		"{\"Name\":\"\",\"Config\":{\"Labels\":[1,2],\"Image\":\"\"},\"MountPoints\":[],"
		"\"RestartCount\":-3}",
		"{\"Name\":\"/"
		"\",\"Config\":{\"Labels\":{\"a\":1,\"b\":null}},\"NetworkSettings\":{\"Networks\":{\"x\":1}}"
		"}",
		"{\"Created\":\"9999999999999\",\"State\":{\"StartedAt\":\"2026-99-99T00:00:00Z\",\"Health\":"
		"{\"Status\":[]}}}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		sh("echo '%s' > %s/" DOCKER_FILE, texts[i], f->root);
		good(f, "docker", DOCKER_ID, NULL);
		assert_null(f->q.meta.name);
		assert_null(f->q.meta.image);
		assert_int_equal(f->q.meta.n_labels, 0);
		assert_int_equal(f->q.meta.restarts, UNKNOWN_U64);
		assert_int_equal(f->q.meta.started, UNKNOWN_U64);
	}
}

static void hostile_names(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_one(f, "lxc", "../lxc/lxc-load", NULL), -ENOENT);
	assert_int_equal(read_one(f, "lxc", "..", NULL), -ENOENT);
	assert_int_equal(read_one(f, "lxc", "", NULL), -ENOENT);
	assert_int_equal(read_one(f, "containerd", "ctr-load", "/../ctr-load"), 0); /* found by listing */
	/* ten thousand labels, a megabyte in one */
	sh("python3 -c \"import json; print(json.dumps({'Name': '/x', 'Config': {'Labels': {**{'k%%d' %% i: "
	   "'v' "
	   "for i in range(10000)}, 'a': 'x' * 1000000}}}))\" > %s/" DOCKER_FILE,
	   f->root);
	good(f, "docker", DOCKER_ID, NULL);
	assert_int_equal(f->q.meta.n_labels, META_LIST_MAX);
	for (size_t i = 0; i < f->q.meta.n_labels; i++)
		assert_true(strlen(f->q.meta.labels[i]) <= 2 * META_TEXT_MAX + 1);
}

/* ---- the cache ---- */

static const struct container_meta *lookup(struct runtime *r, struct arena *arena, const char *type,
					   const char *id)
{
	struct container_resolver hook = runtime_resolver(r);
	struct container_ref ref = {type, id, NULL};

	hook.announce(hook.userdata, &ref, 1);
	return hook.get(hook.userdata, &ref, arena);
}

static const char *wait_name(struct fixture *f, struct runtime *r, const char *want)
{
	const struct container_meta *m;
	double end = seconds() + 6;

	do {
		m = lookup(r, f->q.arena, "docker", DOCKER_ID);
		if (want ? m && m->name && !strcmp(m->name, want) : !m)
			break;
		usleep(20000);
	} while (seconds() < end);
	return m ? m->name : NULL;
}

static void cache_follows_changes(void **state)
{
	struct fixture *f = *state;
	struct runtime *r = runtime_new(f->root);
	struct runtime_counts counts;

	/* at once, in the same sample */
	assert_docker(lookup(r, f->q.arena, "docker", DOCKER_ID));
	assert_null(lookup(r, f->q.arena, "docker", "unheard-of"));
	sh("cd %s/" DOCKER_DIR " && sed s,/shop-web,/renamed,g config.v2.json > new && mv new config.v2.json",
	   f->root);
	assert_string_equal(wait_name(f, r, "renamed"), "renamed");
	/* broken: the name goes after a while, and comes back */
	sh("cd %s/" DOCKER_DIR " && cp config.v2.json ../good && echo { > config.v2.json", f->root);
	assert_null(wait_name(f, r, NULL));
	sh("cd %s/" DOCKER_DIR " && mv ../good config.v2.json", f->root);
	assert_string_equal(wait_name(f, r, "renamed"), "renamed");
	/* gone before its last process is: still named */
	sh("rm -r %s/" DOCKER_DIR, f->root);
	usleep(200000);
	assert_string_equal(wait_name(f, r, "renamed"), "renamed");
	runtime_get_counts(r, &counts);
	assert_int_equal(counts.refused, 0);
	assert_in_range(counts.reads, 4, 80);
	runtime_free(r);
}

/* Without asking for it: announce() does. */
static bool noticed(struct runtime *r, struct arena *arena)
{
	struct container_resolver hook = runtime_resolver(r);
	const struct container_meta *m =
		hook.get(hook.userdata, &(struct container_ref){"docker", DOCKER_ID, NULL}, arena);

	return m && m->name;
}

/* Its files are gone when it is first asked for. */
static void cache_short_life(void **state)
{
	struct fixture *f = *state;
	struct runtime_counts counts = {0};
	struct runtime *r;

	sh("mv %s/" DOCKER_DIR " %s/kept", f->root, f->root);
	r = runtime_new(f->root);
	/* a busy machine takes a while until the directory is watched */
	for (int i = 0; i < 200 && !counts.entries; i++) {
		sh("mkdir %s/var/lib/docker/containers/%064d", f->root, i);
		usleep(50000);
		runtime_get_counts(r, &counts);
	}
	/* as dockerd does it: a directory, then a file that is moved into place */
	sh("cd %s && mkdir " DOCKER_DIR " && cp kept/config.v2.json " DOCKER_DIR "/tmp && mv " DOCKER_DIR
	   "/tmp " DOCKER_FILE,
	   f->root);
	for (int i = 0; i < 500 && !noticed(r, f->q.arena); i++) /* a busy machine takes a while */
		usleep(20000);
	sh("rm -r %s/" DOCKER_DIR, f->root);
	assert_docker(lookup(r, f->q.arena, "docker", DOCKER_ID));
	runtime_free(r);
}

static void cache_many(void **state)
{
	struct fixture *f = *state;
	struct runtime *r;
	struct container_resolver hook;
	struct container_ref *refs = xcalloc(1000, sizeof(*refs));
	size_t named = 0;
	double start;

	sh("cd %s/var/lib/docker/containers && for i in $(seq -f %%064g 1000); do mkdir $i && "
	   "cp " DOCKER_ID "/config.v2.json $i/; done",
	   f->root);
	for (size_t i = 0; i < 1000; i++)
		refs[i] = (struct container_ref){"docker", xasprintf("%064zu", i + 1), NULL};
	r = runtime_new(f->root);
	hook = runtime_resolver(r);
	start = seconds();
	hook.announce(hook.userdata, refs, 1000);
	assert_true(seconds() - start < 0.5); /* bounded, however many there are */
	while (seconds() - start < 5) {
		named = 0;
		for (size_t i = 0; i < 1000; i++)
			named += hook.get(hook.userdata, &refs[i], f->q.arena) != NULL;
		if (named == 1000)
			break;
		usleep(10000);
	}
	assert_int_equal(named, 1000);
	runtime_free(r);
	for (size_t i = 0; i < 1000; i++)
		free((char *)refs[i].id);
	free(refs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(docker, setup, teardown),
		cmocka_unit_test_setup_teardown(docker_elsewhere, setup, teardown),
		cmocka_unit_test_setup_teardown(docker_by_digest, setup, teardown),
		cmocka_unit_test_setup_teardown(podman, setup, teardown),
		cmocka_unit_test_setup_teardown(podman_database, setup, teardown),
		cmocka_unit_test_setup_teardown(podman_rootless, setup, teardown),
		cmocka_unit_test_setup_teardown(kubernetes_containerd, setup, teardown),
		cmocka_unit_test_setup_teardown(kubernetes_crio, setup, teardown),
		cmocka_unit_test_setup_teardown(containerd, setup, teardown),
		cmocka_unit_test_setup_teardown(nerdctl, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_database, setup, teardown),
		cmocka_unit_test_setup_teardown(by_hand, setup, teardown),
		cmocka_unit_test_setup_teardown(machines, setup, teardown),
		cmocka_unit_test(hostile_docker),
		cmocka_unit_test(hostile_growth),
		cmocka_unit_test_setup_teardown(hostile_types, setup, teardown),
		cmocka_unit_test_setup_teardown(hostile_names, setup, teardown),
		cmocka_unit_test_setup_teardown(cache_follows_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(cache_short_life, setup, teardown),
		cmocka_unit_test_setup_teardown(cache_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

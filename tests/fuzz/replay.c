/* SPDX-License-Identifier: GPL-2.0-or-later */
/* replay.c - runs a fuzz target over the files of a directory; any compiler will do. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const char *path)
{
	FILE *f = fopen(path, "re");
	uint8_t *data = malloc(1 << 20);
	size_t size;

	if (!f || !data) {
		perror(path);
		exit(1);
	}
	size = fread(data, 1, 1 << 20, f);
	fclose(f);
	data = realloc(data, size ? size : 1); /* so that a read behind the end is found */
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *e;
	char path[4096];
	int n = 0;

	if (!dir && argc == 2 && errno == ENOENT) {
		printf("%s: nothing found yet\n", argv[1]);
		return 0;
	}
	if (!dir) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", argv[1], e->d_name);
			run(path);
			n++;
		}
	closedir(dir);
	printf("%s: %d inputs\n", argv[1], n);
	return 0;
}

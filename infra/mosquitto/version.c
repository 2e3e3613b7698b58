#include "version.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROGRAM_BYTES = 4096 };

static int start(const char *path, int out, pid_t *child)
{
	posix_spawn_file_actions_t actions;
	char *const arguments[] = {(char *)path, "-h", NULL}; /* posix_spawn takes no const, and changes nothing */
	int error = posix_spawn_file_actions_init(&actions);
	if (error != 0) {
		return error;
	}
	error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (error == 0) {
		error = posix_spawn(child, path, &actions, NULL, arguments, environ);
	}
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* Up to the end of its first line. */
static void read_line(int from, char line[static VERSION_BYTES])
{
	size_t length = 0;
	while (length < VERSION_BYTES - 1 && memchr(line, '\n', length) == NULL) {
		ssize_t came = read(from, line + length, VERSION_BYTES - 1 - length);
		if (came == 0 || (came < 0 && errno != EINTR)) {
			break;
		}
		length += came > 0 ? (size_t)came : 0;
	}
	line[length] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
}

/* A plugin of interface 5 is told no version, and $SYS/broker/version is published only later. */
bool version_read(char line[static VERSION_BYTES])
{
	char path[PROGRAM_BYTES];
	int ends[2];
	pid_t child;
	line[0] = '\0';
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (length < 0 || pipe2(ends, O_CLOEXEC) != 0) {
		return false;
	}
	path[length] = '\0';
	int error = start(path, ends[1], &child);
	(void)close(ends[1]);
	if (error == 0) {
		read_line(ends[0], line);
	}
	(void)close(ends[0]); /* a child that says more ends by it */
	while (error == 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {
	}
	errno = error != 0 ? error : ENODATA;
	return line[0] != '\0';
}

bool version_is_tried(const char *line)
{
	static const char tried[] = "mosquitto version 2.0.";
	const char *patch = line + sizeof(tried) - 1;
	return strncmp(line, tried, sizeof(tried) - 1) == 0 && strspn(patch, "0123456789") > 0;
}

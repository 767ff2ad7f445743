/* connect: see address_connect in kinglet/address.h. */
#include "kinglet/address.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int address_connect(const struct address *address, const char *path, unsigned port, int type)
{
    static union {
        struct sockaddr any;
        struct sockaddr_un un;
        unsigned char in[28]; /* sockaddr_in, sockaddr_in6: family, port, ... in network order */
    } to;
    int fd, family = AF_UNIX;

    memset(&to, 0, sizeof to);
    if (path != NULL) {
        memcpy(to.un.sun_path, path, strlen(path));
    } else {
        to.in[2] = (unsigned char)(port >> 8);
        to.in[3] = (unsigned char)port;
        family = address->v6 ? AF_INET6 : AF_INET;
        memcpy(to.in + (address->v6 ? 8 : 4), address->bytes, sizeof address->bytes);
    }
    to.any.sa_family = (sa_family_t)family;
    fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, &to.any, sizeof to) != 0 && errno != EINPROGRESS) {
        close(fd);
        fd = -1;
    }
    return fd;
}
